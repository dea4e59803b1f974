"""The hand as a process: beside the front door where its account may do it all, else root's own.

Invariants: it is forked, or its line to the keeper is given to who hands it over (`granting`), before the front reads
a byte of the outside. Neither runs a program but those of the file, nor reads a stranger's bytes but short questions;
root's is held further by its unit (vagrant/), and may end and come back alone.
"""

import asyncio
import contextlib
import os
import pwd
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from tanos.appliance import Appliance
from tanos.confinement.single import keep_unread
from tanos.faults import write_fault
from tanos.relying.asking import SOCKET
from tanos.relying.granting import GRANT, HAND, keep_granted, missing, taken
from tanos.relying.hand import Fault, Hand, Pair, listen_at
from tanos.watching import watched, when_gone

_NAME = b"tanos-relying"
PairBy = Callable[[int], Pair]
"""Gives who has a descriptor of a line to the keeper the pairs that it may ask for."""


@dataclass(frozen=True)
class Place:
    """Where relying services are described, and where root's hand waits; None: the account of the front does it."""

    file: Path
    hand: Path | None = None


@contextmanager
def having_hand(
    appliance: Appliance, place: Place | None, line: int | None, pair_by: PairBy
) -> Iterator[OSError | None]:
    """Have relying services given their certificates for as long as the block lasts; `line` is closed here.

    Gives why there is no hand of root's yet, where one is awaited. Call it while there is one thread and no
    connection to the store is open. Raises OSError.
    """
    met = appliance.run / SOCKET
    with contextlib.suppress(OSError):
        met.unlink()
    if place is None or line is None:
        yield None
        return
    root, file, account = place.hand, place.file, os.geteuid()

    def fault(error: BaseException) -> None:
        write_fault(appliance.home, "relying services", error)

    def be(front: socket.socket) -> None:
        if root is None:
            _work(file, met, account, pair_by(line), fault, front)
        else:
            keep_granted(root, line, front, fault)

    with watched(_NAME, line, be, fault):
        if root is not None:
            met.symlink_to(root / HAND)
        yield missing(root) if root is not None else None


def attend(file: Path, directory: Path, account_name: str, pair_by: PairBy, fault: Fault) -> NoReturn:
    """Be root's program: give relying services their certificates while the appliance is served; until SIGTERM.

    Raises OSError, KeyError where there is no such account.
    """
    account = pwd.getpwnam(account_name).pw_uid
    signal.signal(signal.SIGTERM, _end)
    keep_unread()
    while True:
        with listen_at(directory / GRANT, account) as granting:  # made anew: who came while it had a line is let go
            channel, _ = granting.accept()
            with channel:
                line = taken(directory, channel, account)
                if line is not None:
                    _attend_one(file, directory, account, line, pair_by, fault, channel)


def _attend_one(
    file: Path, directory: Path, account: int, line: int, pair_by: PairBy, fault: Fault, channel: socket.socket
) -> None:
    """Have a hand until the appliance is served no more."""

    def be(front: socket.socket) -> None:
        _work(file, directory / HAND, account, pair_by(line), fault, front)

    with watched(_NAME, line, be, fault):
        channel.settimeout(None)
        with contextlib.suppress(OSError):
            channel.recv(1)


def _work(file: Path, met: Path, account: int, pair: Pair, fault: Fault, front: socket.socket) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)  # and not ignored, which what it starts would inherit
    listening = listen_at(met, account)

    async def serve() -> None:
        await Hand(file, pair, account, fault).serve(listening, when_gone(front))

    asyncio.run(serve())


def _end(*_: object) -> NoReturn:
    raise SystemExit(0)
