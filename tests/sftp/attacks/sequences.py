"""Random sequences of operations by several clients at once, played against the server and the model.

Invariants: a sequence is data before it is played, so that it can be played again and made shorter; after each step
the names on the disk, and at the end every byte, are what the model says; nothing else is there.
"""

import os
import random
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sftp.files import publisher
from sftp.files.upload import hidden_name, tag_of
from tanos.receipt import is_receipt, receipt_of
from tests.sftp.attacks import wire
from tests.sftp.attacks.connected import PROTECTED, Connected
from tests.sftp.attacks.guarded import without_receipts
from tests.sftp.attacks.model import LARGEST, Model
from tests.sftp.attacks.model import Handle as Known
from tests.sftp.attacks.wire import Answer, long, number, string

KEYS = ("A", "A", "B")
NAMES = ("a", "b", PROTECTED)
HOSTILE = (
    b"/incoming/../../outside",
    b"/outgoing/../../outside",
    b"/incoming/.upload-" + tag_of("A").encode() + b"-a",
    b"/incoming/a/b",
    b"/incoming/a\0",
    b"/incoming/\xff",
    b"/incoming",
    b"/outside",
    b"/outgoing/new",
    b"/incoming/" + b"x" * 256,
    b"/incoming/a.receipt/b",
)
Step = tuple[int, str, tuple[int, ...]]
"""Which client, what, and numbers that choose names, flags, offsets, handles."""


@dataclass(frozen=True)
class Sequence:
    """What is played; `ahead` has one client, whose CLOSEs are answered before the disk has the file."""

    ahead: bool
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        lines = [
            f"    client {who} (key {KEYS[who]}) {verb} {_said(verb, chosen)}" for who, verb, chosen in self.steps
        ]
        return "\n".join([f"    CLOSE is answered ahead of the disk: {self.ahead}", *lines])


_VERBS = (
    *["open"] * 8,
    *["write"] * 9,
    *["close"] * 6,
    *["read", "stat", "remove", "rename", "over"] * 2,
    "cut",
    "list",
    "leave",
    "hostile",
    "noise",
)

_AHEAD = (*["open"] * 6, *["close"] * 6, *["write"] * 2, "stat", "remove", "rename", "over", "list")


def draw(chance: random.Random) -> Sequence:
    """Draw a sequence."""
    ahead = chance.random() < 0.15
    clients = 1 if ahead else len(KEYS)
    verbs = _AHEAD if ahead else _VERBS
    steps = tuple(
        (chance.randrange(clients), chance.choice(verbs), tuple(chance.randrange(1 << 16) for _ in range(4)))
        for _ in range(chance.randrange(4, 16))
    )
    return Sequence(ahead, steps)


class Play:
    """Plays one sequence in an empty drop box."""

    def __init__(self, dropbox: Path, sequence: Sequence) -> None:
        self._dropbox = dropbox
        self._sequence = sequence
        self._model = Model(PROTECTED)
        self._clients: dict[int, Connected] = {}

    def play(self) -> None:
        """Raise AssertionError at the first difference; leave an empty drop box."""
        publisher.AT_ONCE = 0 if self._sequence.ahead else 1 << 30
        try:
            for who, verb, chosen in self._sequence.steps:
                getattr(self, f"_{verb}")(self._client(who), *chosen)
                if not self._sequence.ahead:
                    self._compare_names()
            for client in self._clients.values():
                self._part(client)
            self._compare_bytes()
        finally:
            for client in self._clients.values():
                with suppress(AssertionError):
                    client.leave()
            for path in (self._dropbox / "incoming").iterdir():
                path.unlink()

    def _client(self, who: int) -> Connected:
        if who not in self._clients:
            self._clients[who] = Connected(self._dropbox, KEYS[who], ahead=self._sequence.ahead)
        return self._clients[who]

    def _part(self, client: Connected) -> None:
        client.leave()
        self._model.leave(client.known)

    def _open(self, client: Connected, name: int, flags: int, *_: int) -> None:
        wanted = _flags(flags)
        known = self._model.open(client.known, _name(name), wanted)
        answer = client.wire.ask(wire.OPEN, string(_path(name)) + number(wanted) + wire.NO_ATTRIBUTES)
        _agree(answer, "handle" if known else "refused")
        if known:
            client.handles[known] = answer.text

    def _write(self, client: Connected, which: int, offset: int, size: int, fill: int) -> None:
        known = _handle(client, which)
        if known is None:
            return
        at = _offset(offset)
        data = bytes([fill & 255]) * (size % 48)
        if at + len(data) <= LARGEST < at + 48:
            return
        done = self._model.write(known, at, data)
        answer = client.wire.ask(wire.WRITE, string(client.handles[known]) + long(at) + string(data))
        _agree(answer, "ok" if done else "refused")

    def _cut(self, client: Connected, which: int, size: int, *_: int) -> None:
        known = _handle(client, which)
        if known is not None:
            wanted = LARGEST + 1 if size % 7 == 0 else size % 64
            done = self._model.cut(known, wanted)
            body = string(client.handles[known]) + number(1) + long(wanted)
            _agree(client.wire.ask(wire.FSETSTAT, body), "ok" if done else "refused")

    def _read(self, client: Connected, which: int, offset: int, size: int, _: int) -> None:
        known = _handle(client, which)
        if known is not None:
            at, most = offset % 64, size % 64
            body = string(client.handles[known]) + long(at) + number(most)
            answer = client.wire.ask(wire.READ, body)
            data = bytes(known.file.data[at : at + most])
            _agree(answer, "data" if data else "eof")
            assert not data or answer.text == data, (answer.text, data)

    def _close(self, client: Connected, which: int, *_: int) -> None:
        known = _handle(client, which)
        if known is not None:
            done = self._model.close(client.known, known)
            answer = client.wire.ask(wire.CLOSE, string(client.handles.pop(known)))
            _agree(answer, "ok" if done else "refused")

    def _stat(self, client: Connected, name: int, *_: int) -> None:
        size = self._model.size(client.known, _name(name))
        answer = client.wire.ask(wire.STAT, string(_path(name)))
        _agree(answer, "refused" if size is None else "attributes")
        assert size is None or answer.size == size, (answer.size, size)

    def _list(self, client: Connected, *_: int) -> None:
        handle = string(client.wire.ask(wire.OPENDIR, string(b"/incoming")).text)
        shown = {name.decode() for name in client.wire.ask(wire.READDIR, handle).names()} - {".", ".."}
        client.wire.ask(wire.CLOSE, handle)
        receipts = {name for name in shown if is_receipt(name)}
        assert shown - receipts == self._model.names(client.known)
        assert receipts <= {*map(receipt_of, self._model.files)} | self._model.refused

    def _remove(self, client: Connected, name: int, *_: int) -> None:
        done = self._model.remove(client.known, _name(name))
        _agree(client.wire.ask(wire.REMOVE, string(_path(name))), "ok" if done else "refused")

    def _rename(self, client: Connected, old: int, new: int, *_: int) -> None:
        done = self._model.rename(client.known, _name(old), _name(new), replace=False)
        answer = client.wire.ask(wire.RENAME, string(_path(old)) + string(_path(new)))
        _agree(answer, "ok" if done else "refused")

    def _over(self, client: Connected, old: int, new: int, *_: int) -> None:
        done = self._model.rename(client.known, _name(old), _name(new), replace=True)
        body = string(b"posix-rename@openssh.com") + string(_path(old)) + string(_path(new))
        _agree(client.wire.ask(wire.EXTENDED, body), "ok" if done else "refused")

    def _leave(self, client: Connected, *_: int) -> None:
        for who, each in tuple(self._clients.items()):
            if each is client:
                del self._clients[who]
        self._part(client)

    def _hostile(self, client: Connected, which: int, how: int, flags: int, _: int) -> None:
        path = string(HOSTILE[which % len(HOSTILE)])
        kind, body = (
            (wire.OPEN, path + number(flags & 63 | 2) + wire.NO_ATTRIBUTES),
            (wire.REMOVE, path),
            (wire.MKDIR, path + wire.NO_ATTRIBUTES),
            (wire.RMDIR, path),
            (wire.SYMLINK, path + path),
            (wire.READLINK, path),
            (wire.RENAME, path + string(b"/incoming/taken")),
            (wire.EXTENDED, string(b"hardlink@openssh.com") + path + path),
        )[how % 8]
        _agree(client.wire.ask(kind, body), "refused")

    def _noise(self, client: Connected, seed: int, size: int, kind: int, _: int) -> None:
        data = random.Random(seed).randbytes(size % 20)
        asked = kind % 4 * 50 + 22 if kind % 3 else wire.WRITE
        _agree(client.wire.ask(asked, data), "refused")

    def _compare_names(self) -> None:
        found = os.listdir(self._dropbox / "incoming")  # noqa: PTH208 - names are enough, and many times
        lying = {name for name in found if not is_receipt(name)}
        receipts = {*map(receipt_of, self._model.files)}
        assert receipts <= {*found} <= lying | receipts | self._model.refused, found
        wanted = set(self._model.files) | {hidden_name(tag_of(key), name) for key, name in self._model.parts}
        assert lying == wanted, (lying, wanted)

    def _compare_bytes(self) -> None:
        lying = {path.name: path.read_bytes() for path in (self._dropbox / "incoming").iterdir()}
        wanted = {name: bytes(file.data) for name, file in self._model.files.items()}
        parts = {hidden_name(tag_of(key), name): bytes(file.data) for (key, name), file in self._model.parts.items()}
        assert without_receipts(lying) == wanted | parts
        assert sorted(path.name for path in self._dropbox.iterdir()) == ["incoming", "outgoing"]
        assert not list((self._dropbox / "outgoing").iterdir())


def fault_of(dropbox: Path, sequence: Sequence) -> str:
    """Play a sequence; return what went wrong, or nothing."""
    try:
        Play(dropbox, sequence).play()
    except (AssertionError, OSError, struct.error) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def shortened(dropbox: Path, sequence: Sequence) -> Sequence:
    """Return a sequence that still goes wrong and has no step too many."""
    place = 0
    while place < len(sequence.steps):
        less = Sequence(sequence.ahead, sequence.steps[:place] + sequence.steps[place + 1 :])
        if fault_of(dropbox, less):
            sequence = less
        else:
            place += 1
    return sequence


def _said(verb: str, chosen: tuple[int, ...]) -> str:
    """Return the numbers of a step as what they choose."""
    if verb == "open":
        return f"{_name(chosen[0])} flags={_flags(chosen[1])}"
    if verb == "write":
        return f"handle {chosen[0]} offset={_offset(chosen[1])} {chosen[2] % 48} bytes"
    if verb in {"stat", "remove"}:
        return _name(chosen[0])
    if verb in {"rename", "over"}:
        return f"{_name(chosen[0])} {_name(chosen[1])}"
    return " ".join(map(str, chosen[: {"list": 0, "leave": 0, "close": 1, "cut": 2, "read": 3}.get(verb, 4)]))


def _flags(chosen: int) -> int:
    return chosen & 63 | (2 if chosen & 64 else 0)


def _offset(chosen: int) -> int:
    return LARGEST - 1 if chosen % 97 == 0 else chosen % 64


def _name(chosen: int) -> str:
    return NAMES[chosen % len(NAMES)]


def _path(chosen: int) -> bytes:
    return b"/incoming/" + _name(chosen).encode()


def _handle(client: Connected, which: int) -> Known | None:
    handles = client.known.handles
    return handles[which % len(handles)] if handles else None


def _agree(answer: Answer, wanted: str) -> None:
    if wanted == "refused":
        assert answer.status in wire.REFUSALS, answer
    else:
        assert answer.status == wanted, (answer, answer.text, wanted)
