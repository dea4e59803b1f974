"""The library's protocol handler on a plain socket, without an event loop; only this file knows its private names.

Invariant: one connection is one process, so that waiting is just waiting: the handler's coroutines never suspend, and
one that did would be an error at once. Trailing bytes of a WRITE are tolerated, since clients in wide use (rclone's
library before 1.13.6) pad the last one; every other packet is held to its exact length.
"""

import logging
import socket
from typing import Any, cast

from asyncssh import SSHReader, SSHWriter
from asyncssh.constants import FXP_OPEN, FXP_OPENDIR, FXP_WRITE
from asyncssh.packet import SSHPacket
from asyncssh.sftp import SFTPFailure, SFTPInvalidHandle, SFTPLimits, SFTPServerHandler

from sftp.files.server import LARGEST_READ, DropBoxServer

MOST_HANDLES = 64
_LARGEST_PACKET = 256 * 1024
_CHUNK = 512 * 1024
_VERSION = 3
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
        streams = _Streams(link)
        super().__init__(
            server,
            cast("SSHReader[bytes]", streams),
            cast("SSHWriter[bytes]", streams),
            _VERSION,
        )
        self._drop_box = server

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


def run(handler: Handler) -> None:
    """Serve until the client is done or gone."""
    serving = handler.run()
    try:
        cast(Any, serving).send(None)
    except StopIteration:
        return
    raise RuntimeError("the protocol handler waited for an event loop")


class _Streams:
    """Reader, writer and channel in one, as the handler wants them; answers leave before it waits for more."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._read = bytearray()
        self._written: list[bytes] = []
        self.logger = _Silent("sftp")

    @property
    def channel(self) -> "_Streams":
        """The handler asks it whether it is closing."""
        return self

    def is_closing(self) -> bool:
        return False

    def get_extra_info(self, _: str, default: object = None) -> object:
        return default

    async def readexactly(self, size: int) -> bytes:
        while len(self._read) < size:
            self._flush()
            piece = self._link.recv(_CHUNK)
            if not piece:
                raise EOFError
            self._read += piece
        data = bytes(self._read[:size])
        del self._read[:size]
        return data

    def write(self, data: bytes) -> None:
        self._written.append(data)
        if len(self._written) >= 64 or len(data) > 32768:
            self._flush()

    def close(self) -> None:
        self._flush()

    def _flush(self) -> None:
        if self._written:
            data = b"".join(self._written)
            self._written.clear()
            self._link.sendall(data)


class _Silent(logging.Logger):
    """What the library calls for every packet."""

    def get_child(self, *_: object, **__: object) -> "_Silent":
        return self

    def debug1(self, *_: object, **__: object) -> None:
        pass

    debug2 = debug1
    info = debug1
