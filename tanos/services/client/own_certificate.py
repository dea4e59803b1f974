"""The certificate that a client of 7.4 shows to its neighbours: made for one run, in memory, signed by nobody else.

Invariant: its key is never written anywhere. Nobody verifies a chain: who greets a neighbour knows it by the
fingerprint that the server of both handed on.
"""

import hashlib
import ssl
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tanos.services.tls import neighbour_server

LIFE = timedelta(days=365)
_BACKDATED = timedelta(days=1)


class OwnCertificate(NamedTuple):
    """A pair of this run."""

    context: ssl.SSLContext
    """Presents it."""
    fingerprint: str
    """SHA-256 of the certificate's DER, 64 lower-case hexadecimal digits."""


def own_certificate() -> OwnCertificate:
    """Make one. It says nothing of who shows it: that is said afterwards, encrypted."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "client")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    pair = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pair += certificate.public_bytes(Encoding.PEM)
    return OwnCertificate(neighbour_server(pair.decode()), fingerprint_of(certificate.public_bytes(Encoding.DER)))


def fingerprint_of(der: bytes) -> str:
    """Return what tells a certificate, DER, from any other."""
    return hashlib.sha256(der).hexdigest()
