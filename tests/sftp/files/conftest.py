"""A drop box on disk, and a client that speaks the protocol to it over a socket, without a door."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sftp.files.box import Box
from sftp.files.handler import Handler, run
from sftp.files.server import DropBoxServer
from sftp.files.upload import tag_of
from tanos.receipts.wanted import Wanted

OK, EOF, NO_SUCH_FILE, DENIED, FAILURE, BAD_MESSAGE, UNSUPPORTED = 0, 1, 2, 3, 4, 5, 8
READ, WRITE, APPEND, CREATE, TRUNCATE, EXCLUSIVE = 1, 2, 4, 8, 16, 32


def string(data: bytes) -> bytes:
    """Return the wire form."""
    return struct.pack(">I", len(data)) + data


class Client:
    """Sends packets exactly as told."""

    def __init__(
        self,
        dropbox: Path,
        key: str = "SHA256:one",
        protected: frozenset[str] = frozenset(),
        wanted: Wanted | None = None,
        is_person: Callable[[], bool] = lambda: True,
    ) -> None:
        self.events: list[tuple[str, str, str, str]] = []
        ours, theirs = socket.socketpair()
        ours.settimeout(60)
        self.link = ours
        box = Box(dropbox, tag_of(key), protected.__contains__, wanted=wanted, is_person=is_person)
        self.server = DropBoxServer(box, self._tell)
        self._handler = Handler(self.server, theirs)
        self._theirs = theirs
        self.left: list[str] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        self._number = 0
        self.raw(bytes([1]) + struct.pack(">I", 3))
        self.version = self.receive()

    def _tell(self, *event: str) -> None:
        self.events.append(event)  # type: ignore[arg-type]  # four words, as the server has it

    def _serve(self) -> None:
        run(self._handler)
        self.left = self.server.publisher.close()
        self._theirs.close()

    def raw(self, packet: bytes) -> None:
        """Send one packet."""
        self.link.sendall(string(packet))

    def receive(self) -> bytes:
        """Return the next packet; empty at the end."""
        (size,) = struct.unpack(">I", self._exactly(4) or b"\0\0\0\0")
        return self._exactly(size)

    def ask(self, kind: int, body: bytes) -> tuple[int, bytes]:
        """Send a request; return kind and body of the answer."""
        self._number += 1
        self.raw(bytes([kind]) + struct.pack(">I", self._number) + body)
        answer = self.receive()
        assert struct.unpack(">I", answer[1:5]) == (self._number,)
        return answer[0], answer[5:]

    def status(self, kind: int, body: bytes) -> int:
        """Send a request that is answered by a status; return its code."""
        answered, answer = self.ask(kind, body)
        assert answered == 101, answer
        return int.from_bytes(answer[:4], "big")

    def sentence(self, kind: int, body: bytes) -> str:
        """Send a request that is refused; return the sentence."""
        answered, answer = self.ask(kind, body)
        assert answered == 101
        size = int.from_bytes(answer[4:8], "big")
        return answer[8 : 8 + size].decode()

    def open(self, path: bytes, flags: int) -> bytes | int:
        """Open a file; return its handle, or the code of the refusal."""
        kind, body = self.ask(3, string(path) + struct.pack(">II", flags, 0))
        return body[4:] if kind == 102 else int.from_bytes(body[:4], "big")

    def handle(self, path: bytes, flags: int = WRITE | CREATE | TRUNCATE) -> bytes:
        """Open a file that opens."""
        handle = self.open(path, flags)
        assert isinstance(handle, bytes), handle
        return handle

    def write(self, handle: bytes, offset: int, data: bytes) -> int:
        """Write."""
        return self.status(6, string(handle) + struct.pack(">Q", offset) + string(data))

    def read(self, handle: bytes, offset: int = 0, size: int = 100_000) -> bytes | int:
        """Read; return the bytes or the code."""
        kind, body = self.ask(5, string(handle) + struct.pack(">QI", offset, size))
        return body[4:] if kind == 103 else int.from_bytes(body[:4], "big")

    def close(self, handle: bytes) -> int:
        """Close a handle."""
        return self.status(4, string(handle))

    def put(self, path: bytes, data: bytes) -> int:
        """Send a whole file; return the code of the CLOSE."""
        handle = self.handle(path)
        assert self.write(handle, 0, data) == OK
        return self.close(handle)

    def size(self, path: bytes) -> int | None:
        """Return the size of a file, or None where there is none."""
        kind, body = self.ask(17, string(path))
        return struct.unpack(">Q", body[4:12])[0] if kind == 105 else None

    def names(self, path: bytes) -> list[bytes]:
        """List a directory, without receipts."""
        kind, body = self.ask(11, string(path))
        assert kind == 102, body
        handle, found = body[4:], []
        while True:
            kind, body = self.ask(12, string(handle))
            if kind != 104:
                break
            rest = body[4:]
            for _ in range(int.from_bytes(body[:4], "big")):
                name, rest = _take(rest)
                _, rest = _take(rest)
                rest = rest[32:]
                if not name.endswith(b".receipt"):
                    found.append(name)
        self.close(handle)
        return found

    def leave(self) -> None:
        """Go, and wait until the server is done."""
        self.link.close()
        self._thread.join(10)
        assert not self._thread.is_alive()

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self.link.recv(size - len(data))
            if not piece:
                return b""
            data += piece
        return data


def _take(data: bytes) -> tuple[bytes, bytes]:
    size = int.from_bytes(data[:4], "big")
    return data[4 : 4 + size], data[4 + size :]


@pytest.fixture
def dropbox(tmp_path: Path) -> Path:
    """An empty drop box."""
    for name in ("incoming", "outgoing"):
        (tmp_path / "dropbox" / name).mkdir(parents=True, mode=0o700)
    return tmp_path / "dropbox"


@pytest.fixture
def client(dropbox: Path) -> Iterator[Client]:
    """A client of it."""
    one = Client(dropbox)
    yield one
    one.leave()


def visible(dropbox: Path) -> set[str]:
    """Return the names in `/incoming` that are no parts of uploads and no receipts."""
    return {name for name in lying(dropbox / "incoming") if not name.startswith(".")}


def lying(directory: Path) -> list[str]:
    """Return all names in a directory, hidden ones too, but for receipts."""
    return sorted(path.name for path in directory.iterdir() if path.suffix != ".receipt")
