"""What a listener presents, seen from outside: a handshake with it, by the supervisor that started it.

Invariant: it says what was served, and trusts nothing of it: whether that is what was installed is for who compares.
"""

import asyncio
import ssl
from dataclasses import dataclass
from typing import Any

from cryptography import x509

from tanos.certificates.check_code import check_code, fingerprint
from tanos.certificates.issued import moment_text

LOOK_SECONDS = 5.0


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


async def look(address: str, port: int) -> Served | None:
    """Shake hands with a listener here and leave; None where there is no TLS. Raises OSError, TimeoutError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            _, writer = await asyncio.open_connection(address, port, ssl=context)
    except (ssl.SSLError, ConnectionResetError):
        return None
    try:
        return _seen(writer.get_extra_info("ssl_object"))
    finally:
        writer.transport.abort()


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
