"""Children killed at random points, and clients that vanish: 300 in CI, 10,000 by `make soak`.

Each file says in its first bytes how long it is and what follows, so that any file can be judged alone. Invariants:
what has a final name is whole; what was answered when it was closed is there, with its bytes; a part is what its
sender sent so far, is seen by nobody else, and is gone on with by its sender's key alone.
"""

import os
import random
import secrets
import struct
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sftp.files.upload import hidden_name, tag_of
from tests.sftp.attacks import wire
from tests.sftp.attacks.guarded import without_receipts
from tests.sftp.attacks.served import Served
from tests.sftp.attacks.wire import long, number, string

IN_CI = 300
BY_SOAK = 10_000
KEYS = ("SHA256:one", "SHA256:two")
NAMES = ("a", "b", "c")
_HEAD = struct.Struct(">8sI")
_MEMORY = Path("/dev/shm")
_ALL = 2 | 8 | 16


def whole(chance: random.Random) -> bytes:
    """Make a file."""
    size = chance.choice((0, 1, 100, 5000, 40_000, 200_000))
    mark = chance.randbytes(8)
    return _HEAD.pack(mark, size) + random.Random(mark).randbytes(size)


def is_whole(data: bytes) -> bool:
    """Judge a file by itself."""
    mark, size = _HEAD.unpack_from(data) if len(data) >= _HEAD.size else (b"", -1)
    return len(data) == _HEAD.size + size and data[_HEAD.size :] == random.Random(mark).randbytes(size)


@dataclass
class Known:
    """What has to be in the box, and what may be."""

    confirmed: dict[str, bytes] = field(default_factory=dict)
    """The last that was answered, by name."""
    possible: dict[str, set[bytes]] = field(default_factory=dict)
    """What was sent whole afterwards, and not answered."""

    def confirm(self, name: str, data: bytes) -> None:
        """Remember an answer."""
        self.confirmed[name] = data
        self.possible[name] = self.possible.get(name, set()) | {data}

    def may_be(self, name: str, data: bytes) -> None:
        """Remember what was closed without an answer."""
        self.possible.setdefault(name, set()).add(data)


class Sender:
    """One client; its last file is sent up to some byte, and then something happens."""

    def __init__(self, home: Path, key: str) -> None:
        self.key = key
        self.served = Served(home, key)
        self.served.wire.greet()
        self._last = 0
        self.name = ""
        self.data = b""

    def put(self, name: str, data: bytes) -> None:
        """Send a file and wait for the answer."""
        self.begin(name, data, chance=None)
        answer = self.served.wire.answer()
        while answer.number != self._last:
            assert answer.status == "ok"
            answer = self.served.wire.answer()
        assert answer.status == "ok", answer

    def begin(self, name: str, data: bytes, chance: random.Random | None) -> bool:
        """Send a file up to some byte and wait for nothing; say whether that was all of it."""
        self.name, self.data = name, data
        path = string(f"/incoming/{name}".encode())
        opened = self.served.wire.ask(wire.OPEN, path + number(_ALL) + wire.NO_ATTRIBUTES)
        assert opened.kind == "handle", opened
        handle = string(opened.text)
        packets = [
            (wire.WRITE, handle + long(at) + string(data[at : at + 30_000])) for at in range(0, len(data), 30_000)
        ]
        stream = b""
        for self._last, (kind, body) in enumerate([*packets, (wire.CLOSE, handle)], 1000):
            stream += string(bytes([kind]) + number(self._last) + body)
        end = len(stream) if chance is None or chance.random() < 0.4 else chance.randrange(len(stream))
        self.served.wire.raw(stream[:end])
        return end == len(stream)

    def was_answered(self) -> bool:
        """Say whether the CLOSE of the last file was answered before the child died."""
        while (answer := self.served.wire.answer()).kind != "ended":
            if answer.number == self._last:
                return answer.status == "ok"
        return False


def end(sender: Sender, known: Known, chance: random.Random, *, all_sent: bool) -> bool:
    """Kill the child, or vanish; say whether it was killed."""
    killed = chance.random() < 0.75
    if chance.random() < 0.7:
        time.sleep(chance.random() * 0.003)
    if killed:
        os.kill(sender.served.pid, 9)
        sender.served.wait()
        if sender.was_answered():
            known.confirm(sender.name, sender.data)
        elif all_sent:
            known.may_be(sender.name, sender.data)
    else:
        assert sender.served.leave() == 0
        assert not sender.served.trouble()
        if all_sent:
            known.confirm(sender.name, sender.data)
    sender.served.close()
    return killed


def judge(incoming: Path, known: Known, senders: list[Sender]) -> None:
    """Look at what lies there."""
    seen = {path.name: path.read_bytes() for path in incoming.iterdir() if not path.name.startswith(".receipt-")}
    without_receipts({name: data for name, data in seen.items() if name.removesuffix(".receipt") in known.confirmed})
    for path in incoming.iterdir():
        data = path.read_bytes()
        if path.name.endswith(".receipt") or path.name.startswith(".receipt-"):
            continue
        if not path.name.startswith("."):
            assert is_whole(data), f"{path.name} is not whole"
            assert data in known.possible[path.name], f"{path.name} is none of what was sent"
        else:
            (sender,) = (each for each in senders if hidden_name(tag_of(each.key), each.name) == path.name)
            assert sender.data.startswith(data), f"{path.name} is none of what was sent so far"
    for name in known.confirmed:
        assert (incoming / name).exists(), f"{name} was answered and is not there"


def go_on(home: Path, sender: Sender, known: Known) -> None:
    """Reconnect: the part is there for the key that began it and for no other, and becomes the whole."""
    incoming = home / "dropbox" / "incoming"
    part = incoming / hidden_name(tag_of(sender.key), sender.name)
    if not part.exists() or (incoming / sender.name).exists():
        return
    path = string(f"/incoming/{sender.name}".encode())
    (other,) = set(KEYS) - {sender.key}
    others = incoming / hidden_name(tag_of(other), sender.name)
    for key, sees in ((other, others.exists()), (sender.key, True)):
        served = Served(home, key)
        served.wire.greet()
        answer = served.wire.ask(wire.STAT, path)
        if key == other:
            assert (answer.status == "no-such-file") is not sees
            assert sees or served.wire.ask(wire.OPEN, path + number(2) + wire.NO_ATTRIBUTES).kind == "status"
        else:
            assert answer.size == part.stat().st_size
            handle = string(served.wire.ask(wire.OPEN, path + number(2 | 8) + wire.NO_ATTRIBUTES).text)
            body = handle + long(answer.size) + string(sender.data[answer.size :])
            assert served.wire.ask(wire.WRITE, body).status == "ok"
            assert served.wire.ask(wire.CLOSE, handle).status == "ok"
            known.confirm(sender.name, sender.data)
        assert served.leave() == 0
        served.close()
    assert (incoming / sender.name).read_bytes() == sender.data


def play(home: Path, seed: str, kills: int) -> None:
    incoming = home / "dropbox" / "incoming"
    killed = place = 0
    while killed < kills:
        place += 1
        chance = random.Random(f"{seed} {place}")
        known = Known()
        senders = [Sender(home, key) for key in KEYS]
        try:
            for sender in senders:
                for _ in range(chance.randrange(2)):
                    name, data = chance.choice(NAMES), whole(chance)
                    known.possible.pop(name, None)
                    sender.put(name, data)
                    known.confirm(name, data)
            sent = [sender.begin(chance.choice(NAMES), whole(chance), chance) for sender in senders]
            for sender, all_sent in zip(senders, sent, strict=True):
                killed += end(sender, known, chance, all_sent=all_sent)
            judge(incoming, known, senders)
            if chance.random() < 0.5:
                go_on(home, chance.choice(senders), known)
        except AssertionError as error:
            pytest.fail(f"TANOS_FUZZ_SEED={seed}, round {place}: {error}")
        finally:
            for sender in senders:
                sender.served.close()
            for path in incoming.iterdir():
                path.unlink()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home with an empty drop box, in memory, where there is such a place."""
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else tmp_path) as directory:
        for name in ("incoming", "outgoing"):
            (Path(directory) / "dropbox" / name).mkdir(parents=True)
        yield Path(directory)


@pytest.mark.crash
def test_no_kill_leaves_a_part_under_a_final_name_or_loses_what_was_answered(home: Path) -> None:
    play(home, os.environ.get("TANOS_FUZZ_SEED", "tanos"), IN_CI)


@pytest.mark.soak
def test_no_kill_of_many_does(home: Path) -> None:
    seed = os.environ.get("TANOS_FUZZ_SEED", secrets.token_hex(4))
    print(f"TANOS_FUZZ_SEED={seed}")
    play(home, seed, BY_SOAK)
