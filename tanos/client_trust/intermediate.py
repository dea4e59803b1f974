"""The intermediate TLS key of a server, which signs the TLS keys of its clients.

Invariants: the key is made here, lives in this process alone and ends with it; what it signs is no authority, names
no host, ends before the intermediate does, and says whom the server knows by which id, whatever the request says.

Rule (seed 001): zone servers have one, and the Tanium Server for clients that come to it; a client is given the
signature and the intermediate's certificate.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tanos.certificates.check_code import spki_of
from tanos.certificates.profile import key_identifier
from tanos.certificates.request_shape import UNREADABLE
from tanos.certificates.subordinate import BACKDATED, usage
from tanos.known_keys.judging import known_by
from tanos.known_keys.marks import marks_of

LARGEST_REQUEST = 2048
_ID = re.compile(r"[0-9A-Za-z._-]{1,56}")
CURVE = ec.SECP256R1
"""Of every key below a root that is made where it is used."""
_PURPOSES = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])


class Bad(ValueError):
    """A request, or what came back for one, is none."""


class Held(NamedTuple):
    """What vouches for the intermediate key."""

    certificate: x509.Certificate
    issuer: str
    """Check code of the root that signed it."""
    client_days: int
    """For how long a client's key is signed."""
    window_hours: int
    """So long before its end another one is asked for."""


def new_key() -> ec.EllipticCurvePrivateKey:
    """Return a key as all below a root are that are made where they are used."""
    return ec.generate_private_key(CURVE())


def request_for(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a request for a certificate of this key, DER; who signs it decides what it says."""
    return x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, SHA256()).public_bytes(
        Encoding.DER
    )  # fmt: skip


def requested_key(der: bytes) -> ec.EllipticCurvePublicKey:
    """Return the key that a request proves to be the sender's, and not everybody's. Raises Bad."""
    try:
        if len(der) > LARGEST_REQUEST:
            raise Bad("too long")
        request = x509.load_der_x509_csr(der)
        key = request.public_key()
        is_signed = isinstance(request.signature_hash_algorithm, SHA256) and request.is_signature_valid
    except UNREADABLE as error:
        raise Bad("no request") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != CURVE.name or not is_signed:
        raise Bad("another key")
    if known_by(marks_of(key)):
        raise Bad("everybody's key")
    return key


def client_name(client_id: str) -> x509.Name:
    """Return how a certificate names a client. Raises Bad for an id that no client of ours has."""
    if not _ID.fullmatch(client_id):
        raise Bad("no id")
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Client {client_id}")])


class Intermediate:
    """Of one process."""

    def __init__(self) -> None:
        self._key = new_key()
        self.held: Held | None = None

    def request(self) -> bytes:
        """Return the request for its certificate, DER."""
        return request_for(self._key)

    def hold(self, held: Held) -> None:
        """Sign by what came back from now on. Raises Bad where it is another key's."""
        if spki_of(held.certificate.public_key()) != spki_of(self._key.public_key()):
            raise Bad("another key")
        self.held = held

    def is_due(self, now: datetime) -> bool:
        """Say whether the next one is to be asked for."""
        if self.held is None:
            return True
        return now >= self.held.certificate.not_valid_after_utc - timedelta(hours=self.held.window_hours)

    def signs(self, now: datetime) -> bool:
        """Say whether it can sign."""
        return self.held is not None and now < self.held.certificate.not_valid_after_utc

    def certify(self, request: bytes, client_id: str, now: datetime) -> tuple[bytes, bytes]:
        """Return a certificate for a client's key, and that of the key which signed it, DER. Raises Bad."""
        if self.held is None or not self.signs(now):
            raise Bad("no intermediate")
        key, issuer = requested_key(request), self.held.certificate
        now = now.astimezone(UTC).replace(microsecond=0)
        made = (
            x509.CertificateBuilder()
            .subject_name(client_name(client_id))
            .issuer_name(issuer.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(max(now - BACKDATED, issuer.not_valid_before_utc))
            .not_valid_after(min(now + timedelta(days=self.held.client_days), issuer.not_valid_after_utc))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage("digital_signature"), critical=True)
            .add_extension(_PURPOSES, critical=False)
            .add_extension(_authority(issuer), critical=False)
            .add_extension(x509.SubjectKeyIdentifier(key_identifier(spki_of(key))), critical=False)
            .sign(self._key, SHA256())
        )
        return made.public_bytes(Encoding.DER), issuer.public_bytes(Encoding.DER)


def _authority(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)
