"""Connecting by the Tanium protocol, with TLS as the mode has it: off, required, or tried first.

Rule (seed 000, ReportingTLSMode): 0 TLS is not used; 1 where the handshake fails, the connection fails; 2 where it
fails, one without TLS is made instead. A server whose certificate is refused is not asked for another.
"""

import asyncio
import ssl
from dataclasses import dataclass
from enum import IntEnum

from tanos.services.listener import HANDSHAKE_SECONDS, Connection

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
        return f"{self.name}={self.host}:{self.port}"

    @classmethod
    def read(cls, text: str, port: int = 17472) -> "Target":
        """Return what `NAME`, `NAME:PORT` or `NAME=HOST:PORT` means. Raises ValueError."""
        name, _, where = text.strip().partition("=")
        host, colon, number = (where or name).rpartition(":")
        if not colon:
            host, number = (where or name), str(port)
        return cls(name if where else host, host.strip("[]"), int(number))


async def connect(target: Target, mode: TlsMode, context: ssl.SSLContext | None) -> Connection:
    """Return an open connection. Raises OSError (ssl.SSLError among them), TimeoutError."""
    if mode is TlsMode.OFF or (mode is TlsMode.OPTIONAL and context is None):
        return await _open(target, None)
    if context is None:
        raise ssl.SSLError("no root is held here")
    try:
        return await _open(target, context)
    except (OSError, TimeoutError):
        if mode is TlsMode.REQUIRED:
            raise
        return await _open(target, None)


async def _open(target: Target, context: ssl.SSLContext | None) -> Connection:
    async with asyncio.timeout(CONNECT_SECONDS):
        reader, writer = await asyncio.open_connection(
            target.host, target.port, ssl=context,
            server_hostname=target.name if context else None,
            ssl_handshake_timeout=HANDSHAKE_SECONDS if context else None,
        )  # fmt: skip
    return Connection(reader, writer, target.host)
