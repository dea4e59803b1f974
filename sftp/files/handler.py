"""The library's protocol handler on a plain socket, without an event loop; only this file knows its private names.

Invariant: one connection is one process, so that waiting is just waiting: the handler's coroutines never suspend, and
one that did would be an error at once. Trailing bytes of a WRITE are tolerated, since clients in wide use (rclone's
library before 1.13.6) pad the last one; every other packet is held to its exact length.
"""

import logging
import socket
import struct
from collections.abc import Callable
from typing import Any, cast

from asyncssh import SFTPAttrs, SSHReader, SSHWriter
from asyncssh.constants import (
    FXF_READ,
    FXP_ATTRS,
    FXP_CLOSE,
    FXP_DATA,
    FXP_HANDLE,
    FXP_LSTAT,
    FXP_OPEN,
    FXP_OPENDIR,
    FXP_READ,
    FXP_STAT,
    FXP_STATUS,
    FXP_WRITE,
)
from asyncssh.packet import PacketDecodeError, SSHPacket
from asyncssh.sftp import (
    SFTPBadMessage,
    SFTPEOFError,
    SFTPError,
    SFTPFailure,
    SFTPInvalidHandle,
    SFTPLimits,
    SFTPServerHandler,
)

from sftp.files.box import Reading
from sftp.files.server import LARGEST_READ, DropBoxServer

MOST_HANDLES = 64
_LARGEST_PACKET = 256 * 1024
_CHUNK = 512 * 1024
_VERSION = 3
_HEADER = struct.Struct(">IB")
_NO_ATTRIBUTES = bytes(4)
_OK = bytes(12)
"""The status 0, with an empty sentence in no language."""
_AT_END = SFTPEOFError().encode(_VERSION)
_Answer = tuple[int, bytes]
_OFFERED = (
    b"posix-rename@openssh.com",
    b"statvfs@openssh.com",
    b"fstatvfs@openssh.com",
    b"fsync@openssh.com",
    b"lsetstat@openssh.com",
    b"limits@openssh.com",
)
_ALL = SFTPServerHandler._packet_handlers


class Handler(SFTPServerHandler):
    """Speaks SFTP 3 and only the extensions above."""

    _extensions = [pair for pair in SFTPServerHandler._extensions if pair[0] in _OFFERED]  # noqa: RUF012 - as the library has it

    def __init__(self, server: DropBoxServer, link: socket.socket) -> None:
        self._streams = _Streams(link)
        reader, writer = cast("SSHReader[bytes]", self._streams), cast("SSHWriter[bytes]", self._streams)
        super().__init__(server, reader, writer, _VERSION)
        self._drop_box = server

    async def recv_packet(self) -> SSHPacket:
        """Return the next packet."""
        size = int.from_bytes(self._streams.take(4), "big")
        if size > _LARGEST_PACKET:
            raise SFTPBadMessage("Max packet size exceeded")
        return SSHPacket(self._streams.take(size))

    def send_packet(self, pkttype: int, pktid: int | None, *args: bytes) -> None:
        """Send a packet."""
        size = 1 + sum(map(len, args))
        self._streams.put(_HEADER.pack(size, pkttype), *args)

    def log_sent_packet(self, *_: object, **__: object) -> None:
        """Say nothing: the audit has what matters."""

    log_received_packet = log_sent_packet

    async def _cleanup(self, exc: Exception | None) -> None:
        self._drop_box.broken = True
        await super()._cleanup(exc)

    async def _process_open(self, packet: SSHPacket) -> bytes:
        self._check_room()
        return await super()._process_open(packet)

    async def _process_opendir(self, packet: SSHPacket) -> bytes:
        self._check_room()
        return await super()._process_opendir(packet)

    async def _process_write(self, packet: SSHPacket) -> int:
        handle, offset, data = packet.get_string(), packet.get_uint64(), packet.get_string()
        file = self._file_handles.get(handle)
        if file is None:
            raise SFTPInvalidHandle("Invalid file handle")
        return self._drop_box.write(file, offset, data)

    async def _process_packet(self, pkttype: int, pktid: int, packet: SSHPacket) -> None:
        quick = _QUICK.get(pkttype)
        try:
            answer = quick(self, SSHPacket(packet.get_remaining_payload())) if quick else None
        except PacketDecodeError:
            answer = None
        except SFTPError as error:
            answer = FXP_STATUS, error.encode(_VERSION)
        except OSError as error:
            answer = FXP_STATUS, SFTPFailure(error.strerror or str(error)).encode(_VERSION)
        if answer is None:
            await super()._process_packet(pkttype, pktid, packet)
        else:
            self.send_packet(answer[0], pktid, pktid.to_bytes(4, "big"), answer[1])

    def _read_quickly(self, packet: SSHPacket) -> _Answer | None:
        handle, offset, size = packet.get_string(), packet.get_uint64(), packet.get_uint32()
        file = self._file_handles.get(handle)
        if file is None or packet:
            return None
        data = self._drop_box.read(file, offset, size)
        return (FXP_DATA, len(data).to_bytes(4, "big") + data) if data else (FXP_STATUS, _AT_END)

    def _stat_quickly(self, packet: SSHPacket) -> _Answer | None:
        path = packet.get_string()
        return None if packet else (FXP_ATTRS, self._drop_box.stat(path).encode(_VERSION))

    def _open_quickly(self, packet: SSHPacket) -> _Answer | None:
        path, flags = packet.get_string(), packet.get_uint32()
        if flags != FXF_READ or packet.get_remaining_payload() != _NO_ATTRIBUTES:
            return None
        self._check_room()
        handle = self._get_next_handle()
        self._file_handles[handle] = self._drop_box.open(path, flags, SFTPAttrs())
        return FXP_HANDLE, len(handle).to_bytes(4, "big") + handle

    def _close_quickly(self, packet: SSHPacket) -> _Answer | None:
        handle = packet.get_string()
        if packet or not isinstance(self._file_handles.get(handle), Reading):
            return None
        self._drop_box.close(self._file_handles.pop(handle))
        return FXP_STATUS, _OK

    async def _process_limits(self, packet: SSHPacket) -> SFTPLimits:
        packet.check_end()
        return SFTPLimits(_LARGEST_PACKET, LARGEST_READ, LARGEST_READ, MOST_HANDLES)

    def _check_room(self) -> None:
        if len(self._file_handles) + len(self._dir_handles) >= MOST_HANDLES:
            raise SFTPFailure("Too many files are open in this connection.")

    _packet_handlers = cast(
        Any,
        {
            **{kind: handler for kind, handler in _ALL.items() if isinstance(kind, int) or kind in _OFFERED},
            FXP_OPEN: _process_open,
            FXP_WRITE: _process_write,
            FXP_OPENDIR: _process_opendir,
            b"limits@openssh.com": _process_limits,
        },
    )


_QUICK: dict[int, Callable[[Handler, SSHPacket], _Answer | None]] = {
    FXP_READ: Handler._read_quickly,
    FXP_STAT: Handler._stat_quickly,
    FXP_LSTAT: Handler._stat_quickly,
    FXP_OPEN: Handler._open_quickly,
    FXP_CLOSE: Handler._close_quickly,
}
"""What clients ask for many times a second when they fetch; each declines (None) what is not the usual."""


def run(handler: Handler) -> None:
    """Serve until the client is done or gone."""
    serving = handler.run()
    try:
        cast(Any, serving).send(None)
    except (StopIteration, EOFError, OSError):
        return
    raise RuntimeError("the protocol handler waited for an event loop")


class _Streams:
    """Both directions of the socket, and the reader the handler asks for; answers leave before it waits."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._room = memoryview(bytearray(_CHUNK))
        self._begin = self._end = 0
        self._answers: list[bytes] = []
        self._answered = 0
        self.logger = _Silent("sftp")

    def get_extra_info(self, _: str, default: object = None) -> object:
        """Tell the handler nothing of the client: no client is treated specially."""
        return default

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes; raises EOFError at the end."""
        while self._end - self._begin < size:
            self._flush()
            self._make_room(size)
            received = self._link.recv_into(self._room[self._end :])
            if not received:
                raise EOFError
            self._end += received
        begin = self._begin
        self._begin += size
        return bytes(self._room[begin : self._begin])

    def put(self, *parts: bytes) -> None:
        """Answer, soon."""
        self._answers += parts
        self._answered += len(parts[-1])
        if self._answered > _CHUNK // 4:
            self._flush()

    def close(self) -> None:
        """Send what is left."""
        self._flush()

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
