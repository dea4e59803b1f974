"""What a listener presents, seen from outside: a handshake with it, by the supervisor that started it.

Invariant: it says what was served, and trusts nothing of it: whether that is what was installed is for who compares.
"""

import asyncio
import socket
import ssl
from dataclasses import dataclass
from typing import Any

from cryptography import x509

from tanos.certificates.check_code import check_code, fingerprint
from tanos.moments import moment_text
from tanos.services.letting_go import let_go
from tanos.services.opening import streams
from tanos.services.reaching import reached

LOOK_SECONDS = 5.0
SPEAKS = {"tls": b"", "postgresql": b"\0\0\0\x08\x04\xd2\x16\x2f"}
"""What is said before the handshake, by the protocol: to PostgreSQL an SSLRequest, which it answers with `S`."""


@dataclass(frozen=True)
class Served:
    """One listener's certificate, and how it was agreed upon."""

    check_code: str
    fingerprint: str
    not_after: str
    protocol: str
    cipher: str

    def as_data(self) -> dict[str, Any]:
        """Return it for programs."""
        return {**vars(self)}


async def look(address: str, port: int, *, name: str | None = None, speaks: str = "tls") -> Served | None:
    """Shake hands with a listener and leave; None where there is no TLS. Raises OSError, TimeoutError.

    `name` is the server that is asked for, where there are several at one address; `speaks` a word of SPEAKS.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            connected = await _connected(address, port, SPEAKS[speaks])
            _, writer = await streams(connected, lambda protocol: asyncio.get_running_loop().create_connection(
                protocol, sock=connected, ssl=context, server_hostname=name or address
            ))  # fmt: skip
    except (ssl.SSLError, ConnectionResetError):
        return None
    try:
        return _seen(writer.get_extra_info("ssl_object"))
    finally:
        let_go(writer.transport)


async def _connected(address: str, port: int, question: bytes) -> socket.socket:
    """Return a connection at which a handshake begins. Raises OSError, ConnectionResetError where none does."""
    connection = await reached(address, port, LOOK_SECONDS)
    if question:
        loop = asyncio.get_running_loop()
        try:
            await loop.sock_sendall(connection, question)
            if await loop.sock_recv(connection, 1) != b"S":
                raise ConnectionResetError
        except BaseException:
            connection.close()
            raise
    return connection


def _seen(end: ssl.SSLObject) -> Served:
    certificate = x509.load_der_x509_certificate(end.getpeercert(binary_form=True) or b"")
    cipher = end.cipher()
    return Served(
        check_code(certificate.public_key()),
        fingerprint(certificate),
        moment_text(certificate.not_valid_after_utc),
        end.version() or "",
        cipher[0] if cipher else "",
    )
