"""The library's protocol handler on a plain socket, without an event loop; `requests` beside it knows private
names of it too.

Invariant: one connection is one process, so that waiting is just waiting: the handler's coroutines never suspend, and
one that did would be an error at once. Trailing bytes of a WRITE are tolerated, since clients in wide use (rclone's
library before 1.13.6) pad the last one; every other packet is held to its exact length.
"""

import struct
from collections.abc import Callable
from typing import Any, cast

from asyncssh import SFTPAttrs, SSHReader, SSHWriter
from asyncssh.constants import (
    FXP_ATTRS,
    FXP_CLOSE,
    FXP_DATA,
    FXP_FSTAT,
    FXP_HANDLE,
    FXP_LSTAT,
    FXP_OPEN,
    FXP_OPENDIR,
    FXP_READ,
    FXP_STAT,
    FXP_STATUS,
    FXP_WRITE,
)
from asyncssh.packet import SSHPacket
from asyncssh.sftp import (
    SFTPEOFError,
    SFTPError,
    SFTPFailure,
    SFTPLimits,
    SFTPServerHandler,
)

from sftp.files.link import Link
from sftp.files.server import LARGEST_READ, DropBoxServer
from sftp.files.streams import LARGEST_PACKET, Streams

MOST_HANDLES = 64
_VERSION = 3
_HEADER = struct.Struct(">IB")
_ANSWER = struct.Struct(">IBI")
_SIZE = struct.Struct(">I")
_NAMED = struct.Struct(">BII")
"""Kind, number, and how long the path or handle is that follows."""
_HANDLE = b"\0\0\0\4"
_SMALL = 4096
"""Bytes of a WRITE; smaller ones that follow each other are written together."""
_READ = struct.Struct(">QI")
_WRITE = struct.Struct(">QI")
_ATTRIBUTES = {bytes(4): 4, b"\0\0\0\4": 8}
"""How long the attributes of an OPEN are that say nothing, or only which rights the file should have."""
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

    def __init__(self, server: DropBoxServer, link: Link) -> None:
        self._streams = Streams(link)
        reader, writer = cast("SSHReader[bytes]", self._streams), cast("SSHWriter[bytes]", self._streams)
        super().__init__(server, reader, writer, _VERSION)
        self._drop_box = server
        self._quick: dict[bytes, _Quick] = {}
        self._alike: list[int] = []
        """Numbers of further packets that get the same answer as the one at hand."""

    async def recv_packets(self) -> None:
        """Serve, now that the version is agreed."""
        self._quick = _QUICK
        await super().recv_packets()

    async def recv_packet(self) -> SSHPacket:
        """Answer what is answered quickly; return the first packet that is not."""
        while True:
            packet = self._streams.packet()
            quick = self._quick.get(packet[:1])
            answer = self._answer(quick, packet) if quick else None
            if answer is None:
                return SSHPacket(packet)
            kind, body = answer
            size = 5 + len(body)
            self._streams.put(_ANSWER.pack(size, kind, _SIZE.unpack_from(packet, 1)[0]) + body)
            if self._alike:
                self._streams.put(b"".join([_ANSWER.pack(size, kind, number) + body for number in self._alike]))
                self._alike = []

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

    def _answer(self, quick: "_Quick", packet: bytes) -> _Answer | None:
        try:
            return quick(self, packet)
        except struct.error:
            return None
        except SFTPError as error:
            return FXP_STATUS, error.encode(_VERSION)
        except OSError as error:
            return FXP_STATUS, SFTPFailure(error.strerror or str(error)).encode(_VERSION)

    def _read_quickly(self, packet: bytes) -> _Answer | None:
        file = self._file_handles.get(packet[9:13])
        if file is None or len(packet) != 25 or packet[5:9] != _HANDLE:
            return None
        data = self._drop_box.read(file, *_READ.unpack_from(packet, 13))
        return (FXP_DATA, _SIZE.pack(len(data)) + data) if data else (FXP_STATUS, _AT_END)

    def _write_quickly(self, packet: bytes) -> _Answer | None:
        file = self._file_handles.get(packet[9:13])
        if file is None or packet[5:9] != _HANDLE:
            return None
        offset, size = _WRITE.unpack_from(packet, 13)
        if size > len(packet) - 25:
            return None
        data = packet[25 : 25 + size]
        if size < _SMALL:
            data, self._alike = self._streams.joined(data, packet[9:13], offset + size, _SMALL)
        self._drop_box.write(file, offset, data)
        return FXP_STATUS, _OK

    def _stat_quickly(self, packet: bytes) -> _Answer | None:
        _, _, size = _NAMED.unpack_from(packet)
        if len(packet) != 9 + size:
            return None
        return FXP_ATTRS, self._drop_box.stat(packet[9:]).encode(_VERSION)

    def _fstat_quickly(self, packet: bytes) -> _Answer | None:
        file = self._file_handles.get(packet[9:])
        if file is None or packet[5:9] != _HANDLE:
            return None
        return FXP_ATTRS, self._drop_box.fstat(file).encode(_VERSION)

    def _open_quickly(self, packet: bytes) -> _Answer | None:
        _, _, size = _NAMED.unpack_from(packet)
        end = 9 + size
        (flags,) = _SIZE.unpack_from(packet, end)
        attributes = packet[end + 4 :]
        if len(attributes) != _ATTRIBUTES.get(attributes[:4]):
            return None
        self._check_room()
        file = self._drop_box.open(packet[9:end], flags, SFTPAttrs())
        handle = self._get_next_handle()
        self._file_handles[handle] = file
        return FXP_HANDLE, _HANDLE + handle

    def _close_quickly(self, packet: bytes) -> _Answer | None:
        if packet[9:] not in self._file_handles or packet[5:9] != _HANDLE:
            return None
        self._drop_box.close(self._file_handles.pop(packet[9:]))
        return FXP_STATUS, _OK

    async def _process_limits(self, packet: SSHPacket) -> SFTPLimits:
        packet.check_end()
        return SFTPLimits(LARGEST_PACKET, LARGEST_READ, LARGEST_READ, MOST_HANDLES)

    def _check_room(self) -> None:
        if len(self._file_handles) + len(self._dir_handles) >= MOST_HANDLES:
            raise SFTPFailure("Too many files are open in this connection.")

    _packet_handlers = cast(
        Any,
        {
            **{kind: handler for kind, handler in _ALL.items() if isinstance(kind, int) or kind in _OFFERED},
            FXP_OPEN: _process_open,
            FXP_OPENDIR: _process_opendir,
            b"limits@openssh.com": _process_limits,
        },
    )


_Quick = Callable[[Handler, bytes], _Answer | None]
_QUICK: dict[bytes, _Quick] = {
    bytes([kind]): quick
    for kind, quick in {
        FXP_READ: Handler._read_quickly,
        FXP_WRITE: Handler._write_quickly,
        FXP_STAT: Handler._stat_quickly,
        FXP_LSTAT: Handler._stat_quickly,
        FXP_FSTAT: Handler._fstat_quickly,
        FXP_OPEN: Handler._open_quickly,
        FXP_CLOSE: Handler._close_quickly,
    }.items()
}
"""What clients ask for many times a second when they carry files; each declines (None) what is not the usual, and the
library answers it."""


def run(handler: Handler) -> None:
    """Serve until the client is done or gone."""
    serving = handler.run()
    try:
        cast(Any, serving).send(None)
    except (StopIteration, EOFError, OSError):
        return
    raise RuntimeError("the protocol handler waited for an event loop")
