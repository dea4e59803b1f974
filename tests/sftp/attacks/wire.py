"""SFTP 3 as bytes that we write ourselves: no client library stands between an attack and the server.

Invariant: nothing is corrected on the way out; whatever an attack says is sent as it is.
"""

import socket
import struct
from dataclasses import dataclass

STATUS = {
    0: "ok",
    1: "eof",
    2: "no-such-file",
    3: "denied",
    4: "failure",
    5: "bad-message",
    8: "unsupported",
}
REFUSALS = frozenset(STATUS.values()) - {"ok"}
INIT, VERSION, OPEN, CLOSE, READ, WRITE, LSTAT, FSTAT, SETSTAT, FSETSTAT = range(1, 11)
OPENDIR, READDIR, REMOVE, MKDIR, RMDIR, REALPATH, STAT, RENAME, READLINK, SYMLINK = range(11, 21)
EXTENDED = 200
FLAGS = {"read": 1, "write": 2, "append": 4, "create": 8, "truncate": 16, "exclusive": 32}
NO_ATTRIBUTES = bytes(4)


def string(data: bytes) -> bytes:
    """Return the wire form of a string."""
    return struct.pack(">I", len(data)) + data


def number(value: int) -> bytes:
    """Return the wire form of a 32-bit number."""
    return struct.pack(">I", value)


def long(value: int) -> bytes:
    """Return the wire form of a 64-bit number."""
    return struct.pack(">Q", value)


@dataclass(frozen=True)
class Answer:
    """One answer, or the end of the connection (`kind` is `ended`)."""

    kind: str
    """`status`, `handle`, `data`, `names`, `attributes`, `extended`, `ended`."""
    body: bytes = b""
    number: int = 0

    @property
    def status(self) -> str:
        """Return the word for a status, else the kind."""
        if self.kind != "status":
            return self.kind
        code = int.from_bytes(self.body[:4], "big")
        return STATUS.get(code, f"status-{code}")

    @property
    def text(self) -> bytes:
        """Return the string of a handle, of data, or of a status."""
        rest = self.body[4:] if self.kind == "status" else self.body
        return rest[4 : 4 + int.from_bytes(rest[:4], "big")]

    @property
    def size(self) -> int:
        """Return the length that attributes tell, bytes."""
        return int.from_bytes(self.body[4:12], "big")

    def names(self) -> list[bytes]:
        """Return the names of a listing or of a resolved path."""
        found, rest = [], self.body[4:]
        for _ in range(int.from_bytes(self.body[:4], "big")):
            name, rest = _taken(rest)
            _, rest = _taken(rest)
            rest = rest[32:]
            found.append(name)
        return found


_KINDS = {101: "status", 102: "handle", 103: "data", 104: "names", 105: "attributes", 201: "extended"}


class Wire:
    """One connection."""

    def __init__(self, link: socket.socket) -> None:
        self.link = link
        self._number = 0
        self._arrived = b""

    def greet(self, version: int = 3) -> bytes:
        """Exchange versions; return the body of the answer."""
        self.packet(bytes([INIT]) + number(version))
        return self._next() or b""

    def packet(self, data: bytes) -> None:
        """Send one packet with its length."""
        self.raw(string(data))

    def raw(self, data: bytes) -> None:
        """Send bytes; that nobody listens any more is told by the next answer."""
        try:
            self.link.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            return

    def send(self, kind: int, body: bytes) -> int:
        """Send a request; return its number."""
        self._number = (self._number + 1) & 0xFFFFFFFF
        self.packet(bytes([kind]) + number(self._number) + body)
        return self._number

    def ask(self, kind: int, body: bytes) -> Answer:
        """Send a request; return its answer."""
        sent = self.send(kind, body)
        answer = self.answer()
        assert answer.kind == "ended" or answer.number == sent, (answer, sent)
        return answer

    def answer(self) -> Answer:
        """Return the next answer."""
        packet = self._next()
        if packet is None:
            return Answer("ended")
        return Answer(_KINDS[packet[0]], packet[5:], int.from_bytes(packet[1:5], "big"))

    def _next(self) -> bytes | None:
        head = self._exactly(4)
        return None if head is None else self._exactly(int.from_bytes(head, "big"))

    def _exactly(self, size: int) -> bytes | None:
        while len(self._arrived) < size:
            try:
                piece = self.link.recv(1 << 18)
            except ConnectionResetError:
                return None
            if not piece:
                return None
            self._arrived += piece
        data, self._arrived = self._arrived[:size], self._arrived[size:]
        return data


def _taken(data: bytes) -> tuple[bytes, bytes]:
    size = int.from_bytes(data[:4], "big")
    return data[4 : 4 + size], data[4 + size :]
