"""Several connections at the same names at once, in no order at all; somebody watches all the while.

Invariants: at no moment does a file that is not whole stand under a final name; every CLOSE that was answered with
success brought bytes that were sent; in the end no part is left, and nobody was served a fault.
"""

import random
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from tests.sftp.attacks import wire
from tests.sftp.attacks.guarded import without_receipts
from tests.sftp.attacks.served import Served
from tests.sftp.attacks.test_kills import KEYS, NAMES, is_whole, whole
from tests.sftp.attacks.wire import Wire, long, number, string

pytestmark = pytest.mark.crash

SECONDS, MOST_SECONDS = 4.0, 60.0
_NEW, _FRESH, _ON = 2 | 8 | 32, 2 | 8 | 16, 2 | 8


def path_of(name: str) -> bytes:
    return string(f"/incoming/{name}".encode())


def hammer(link: Wire, seed: str, over: threading.Event, kept: list[int]) -> None:
    """Send, send in two goes, remove, rename over, as fast as it goes."""
    chance = random.Random(seed)
    while not over.is_set():
        name, deed = chance.choice(NAMES), chance.random()
        if deed < 0.1:
            link.ask(wire.REMOVE, path_of(name))
        elif deed < 0.2:
            body = string(b"posix-rename@openssh.com") + path_of(name) + path_of(chance.choice(NAMES))
            link.ask(wire.EXTENDED, body)
        else:
            kept.append(send(link, name, whole(chance), chance.choice((_FRESH, _FRESH, _NEW))))


def send(link: Wire, name: str, data: bytes, flags: int) -> int:
    """Send a file in pieces; say whether it was kept."""
    opened = link.ask(wire.OPEN, path_of(name) + number(flags) + wire.NO_ATTRIBUTES)
    if opened.kind != "handle":
        return 0
    handle = string(opened.text)
    for at in range(0, len(data), 20_000):
        link.ask(wire.WRITE, handle + long(at) + string(data[at : at + 20_000]))
    return int(link.ask(wire.CLOSE, handle).status == "ok")


def test_no_file_is_ever_seen_half(tmp_path: Path) -> None:
    incoming = tmp_path / "dropbox" / "incoming"
    for name in ("incoming", "outgoing"):
        (tmp_path / "dropbox" / name).mkdir(parents=True)
    children = [Served(tmp_path, key) for key in KEYS for _ in range(2)]
    kept: list[int] = []
    over, begun = threading.Event(), time.monotonic()
    for child in children:
        child.wire.greet()
    hammers = [
        threading.Thread(target=partial(hammer, child.wire, f"race {place}", over, kept))
        for place, child in enumerate(children)
    ]
    for each in hammers:
        each.start()
    looked = 0
    while time.monotonic() - begun < (SECONDS if looked > 10 and sum(kept) > 10 else MOST_SECONDS):
        for name in NAMES:
            try:
                data = (incoming / name).read_bytes()
            except FileNotFoundError:
                continue
            looked += 1
            assert is_whole(data), f"{name} is not whole"
    over.set()
    for each in hammers:
        each.join()
    ends = [child.leave() for child in children]
    assert not [child.trouble() for child in children if child.trouble()]
    assert set(ends) <= {0, 1}
    for child in children:
        child.close()
    seen = {path.name: path.read_bytes() for path in incoming.iterdir() if not path.name.startswith(".")}
    assert all(is_whole(data) for data in without_receipts(seen).values())
    assert not [path.name for path in incoming.iterdir() if path.name.startswith(".")]
    assert looked > 10
    assert sum(kept) > 10
