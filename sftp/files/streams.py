"""Both directions of a drop box connection, packet by packet.

Invariants: what was answered leaves before anything is waited for; one buffer of fixed size takes what arrives.
"""

import logging
import struct

from asyncssh.constants import FXP_WRITE
from asyncssh.sftp import SFTPBadMessage

from sftp.files.link import Link

LARGEST_PACKET = 256 * 1024
_CHUNK = 512 * 1024
_MOST_JOINED = 1024
_SIZE = struct.Struct(">I")
_WRITE = struct.Struct(">IBII4sQI")
"""A whole WRITE up to its data; a handle of ours has four bytes."""


class Streams:
    """Both directions of the socket, and the reader the handler asks for; answers leave before it waits."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._room = memoryview(bytearray(_CHUNK))
        self._begin = self._end = 0
        self._answers: list[bytes] = []
        self._answered = 0
        self.logger = _Silent("sftp")

    def get_extra_info(self, _: str, default: object = None) -> object:
        """Tell the handler nothing of the client: no client is treated specially."""
        return default

    def packet(self) -> bytes:
        """Return the next packet; raises EOFError at the end and SFTPBadMessage where it is too long."""
        if self._end - self._begin < 4:
            self._receive(4)
        (size,) = _SIZE.unpack_from(self._room, self._begin)
        if size > LARGEST_PACKET:
            raise SFTPBadMessage("Max packet size exceeded")
        if self._end - self._begin < 4 + size:
            self._receive(4 + size)
        begin = self._begin + 4
        self._begin = begin + size
        return bytes(self._room[begin : self._begin])

    def joined(self, data: bytes, handle: bytes, offset: int, small: int) -> tuple[bytes, list[int]]:
        """Take the WRITEs off that arrived already, are smaller than `small`, and go on at `offset` of `handle`.

        Returns `data` with theirs, and their numbers.
        """
        pieces: list[bytes | memoryview] = [data]
        numbers: list[int] = []
        begin, last = self._begin, self._end - _WRITE.size
        while begin <= last and len(numbers) < _MOST_JOINED:
            length, kind, number, named, of, at, size = _WRITE.unpack_from(self._room, begin)
            data_at, end = begin + _WRITE.size, begin + 4 + length
            if (
                kind != FXP_WRITE
                or named != len(of)
                or of != handle
                or at != offset
                or size >= small
                or end != data_at + size
            ):
                break
            if end > self._end:
                break
            pieces.append(self._room[data_at:end])
            numbers.append(number)
            offset += size
            begin = end
        self._begin = begin
        return (b"".join(pieces), numbers) if numbers else (data, numbers)

    def put(self, *parts: bytes) -> None:
        """Answer, soon."""
        self._answers += parts
        self._answered += len(parts[-1])
        if self._answered > _CHUNK // 4:
            self._flush()

    def close(self) -> None:
        """Send what is left."""
        self._flush()

    def _receive(self, size: int) -> None:
        """Wait until `size` bytes are here; what was answered leaves before."""
        self._flush()
        self._make_room(size)
        while self._end - self._begin < size:
            received = self._link.recv_into(self._room[self._end :])
            if not received:
                raise EOFError
            self._end += received

    def _make_room(self, size: int) -> None:
        if self._begin == self._end:
            self._begin = self._end = 0
        elif self._begin + size > _CHUNK:
            rest = self._end - self._begin
            self._room[:rest] = self._room[self._begin : self._end]
            self._begin, self._end = 0, rest

    def _flush(self) -> None:
        if self._answers:
            data = b"".join(self._answers)
            self._answers.clear()
            self._answered = 0
            self._link.sendall(data)


class _Silent(logging.Logger):
    """What the library calls for every packet."""

    def get_child(self, *_: object, **__: object) -> "_Silent":
        return self

    def debug1(self, *_: object, **__: object) -> None:
        pass

    debug2 = debug1
    info = debug1
