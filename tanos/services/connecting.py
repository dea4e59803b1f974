"""Connecting by the Tanium protocol, with TLS as the mode has it: off, required, or tried first.

Rule (seed 000, ReportingTLSMode): 0 TLS is not used; 1 where the handshake fails, the connection fails; 2 where it
fails, one without TLS is made instead. Who cannot be reached at all is not asked a second time.
"""

import asyncio
import socket
import ssl
from dataclasses import dataclass
from enum import IntEnum

from tanos.services.listener import HANDSHAKE_SECONDS, Connection
from tanos.services.opening import streams
from tanos.services.reaching import reached

CONNECT_SECONDS = 10.0


class TlsMode(IntEnum):
    """`ReportingTLSMode`."""

    OFF = 0
    REQUIRED = 1
    OPTIONAL = 2


@dataclass(frozen=True)
class Target:
    """Where to connect to, and under which name its certificate must stand."""

    name: str
    host: str
    port: int

    def __str__(self) -> str:
        where = f"{self.host}:{self.port}"
        return where if self.name == self.host else f"{self.name}={where}"

    @classmethod
    def read(cls, text: str, port: int = 17472) -> "Target":
        """Return what `NAME`, `NAME:PORT` or `NAME=HOST:PORT` means. Raises ValueError."""
        name, _, where = text.strip().partition("=")
        host, colon, number = (where or name).rpartition(":")
        if not colon:
            host, number = (where or name), str(port)
        target = cls(name if where else host, host.strip("[]"), int(number))
        if not target.name or not target.host or not 0 < target.port < 1 << 16:
            raise ValueError(text)
        return target


class HandshakeFailed(OSError):
    """Who was reached does not speak TLS as it must, or shows a certificate that is refused."""


async def connect(target: Target, mode: TlsMode, context: ssl.SSLContext | None) -> Connection:
    """Return an open connection. Raises HandshakeFailed, OSError where nobody is reached, TimeoutError."""
    if mode is TlsMode.OFF or (mode is TlsMode.OPTIONAL and context is None):
        return await connect_clear(target)
    try:
        return await connect_tls(target, context)
    except HandshakeFailed as failed:
        if mode is TlsMode.REQUIRED:
            raise
        connection = await connect_clear(target)
        connection.without_tls_for = str(failed)
        return connection


async def connect_clear(target: Target) -> Connection:
    """Return a connection without TLS. Raises OSError, TimeoutError."""
    return await _over(await reached(target.host, target.port, CONNECT_SECONDS), target)


async def connect_tls(target: Target, context: ssl.SSLContext | None) -> Connection:
    """Return one with TLS. Raises HandshakeFailed, OSError where nobody is reached, TimeoutError."""
    if context is None:
        raise HandshakeFailed("no-root")
    there = await reached(target.host, target.port, CONNECT_SECONDS)
    try:
        return await _over(there, target, context)
    except (OSError, TimeoutError) as error:
        raise HandshakeFailed(why(error)) from error


def why(error: BaseException) -> str:
    """Return in a word or a few what kept a connection from being made, or ended it."""
    if isinstance(error, ssl.SSLError):
        return str(getattr(error, "verify_message", "") or error.reason or type(error).__name__)
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__


async def _over(there: socket.socket, target: Target, context: ssl.SSLContext | None = None) -> Connection:
    loop = asyncio.get_running_loop()
    reader, writer = await streams(there, lambda protocol: loop.create_connection(
        protocol, sock=there, ssl=context,
        server_hostname=target.name if context else None,
        ssl_handshake_timeout=HANDSHAKE_SECONDS if context else None,
    ))  # fmt: skip
    return Connection(reader, writer, target.host)
