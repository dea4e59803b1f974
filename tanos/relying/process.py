"""The hand as a process: beside the front door where its account may do it all, else root's own, given a line once.

Invariants: it is forked, or handed its line to the keeper, before the front reads a byte of the outside. Root's
program takes a line from the appliance's account alone, and none while it has one, so that no session that was broken
into can hand it another's pairs. Neither runs a program but those of the file, nor reads a stranger's bytes but short
questions; root's is held further by its unit (vagrant/).
"""

import asyncio
import contextlib
import os
import pwd
import signal
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from tanos.appliance import Appliance
from tanos.confinement.single import keep_unread
from tanos.faults import write_fault
from tanos.relying.asking import SOCKET
from tanos.relying.hand import Fault, Hand, Pair, listen_at
from tanos.services.watch import watched, when_gone

GRANT, HAND = "grant.sock", "hand.sock"
_NAME = b"tanos-relying"
_WORD = b"k"
_CONNECT_SECONDS, _PAUSE = 5.0, 0.1
_PEER = struct.Struct("3i")
PairBy = Callable[[int], Pair]
"""Gives who has a descriptor of a line to the keeper the pairs that it may ask for."""


@dataclass(frozen=True)
class Place:
    """Where relying services are described, and where root's hand waits; None: the account of the front does it."""

    file: Path
    hand: Path | None = None


@contextmanager
def having_hand(appliance: Appliance, place: Place | None, line: int | None, pair_by: PairBy) -> Iterator[None]:
    """Have relying services given their certificates for as long as the block lasts; `line` is closed here.

    Call it while there is one thread and no connection to the store is open. Raises OSError.
    """
    met = appliance.run / SOCKET
    with contextlib.suppress(OSError):
        met.unlink()
    if place is None or line is None:
        yield
    elif place.hand is None:
        file, account = place.file, os.geteuid()

        def fault(error: BaseException) -> None:
            write_fault(appliance.home, "relying services", error)

        def be(front: socket.socket) -> None:
            _work(file, met, account, pair_by(line), fault, front)

        with watched(_NAME, line, be, fault):
            yield
    else:
        with _granted(place.hand, line):
            met.symlink_to(place.hand / HAND)
            yield


@contextmanager
def _granted(directory: Path, line: int) -> Iterator[None]:
    """Have root's hand reach the keeper. Raises OSError where there is none."""
    with socket.socket(fileno=line), socket.socket(socket.AF_UNIX) as channel:
        _connect(channel, directory / GRANT)
        if _account(channel) != 0:
            raise PermissionError(1, os.strerror(1), str(directory))
        socket.send_fds(channel, [_WORD], [line])
        yield


def _connect(channel: socket.socket, path: Path) -> None:
    until = time.monotonic() + _CONNECT_SECONDS
    while True:
        try:
            channel.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            if time.monotonic() > until:
                raise
            time.sleep(_PAUSE)
        else:
            return


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
                line = _handed(channel, account)
                if line is not None:
                    _attend_one(file, directory, account, line, pair_by, fault, channel)


def _handed(channel: socket.socket, account: int) -> int | None:
    """Return the line to the keeper that that account hands over; None where it is another, or hands none."""
    if _account(channel) != account:
        return None
    channel.settimeout(_CONNECT_SECONDS)
    try:
        word, lines, _, _ = socket.recv_fds(channel, len(_WORD), 1)
    except OSError:
        return None
    return lines[0] if word == _WORD and lines else None


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


def _account(channel: socket.socket) -> int:
    _, account, _ = _PEER.unpack(channel.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    return int(account)


def _end(*_: object) -> NoReturn:
    raise SystemExit(0)
