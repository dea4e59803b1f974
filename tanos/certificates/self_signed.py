"""Pairs that sign themselves: what HTTPS presents until a certificate of a CA is installed.

Rule: RSA 2048, SHA-256, both usages, the host name first in the subject and every name in the SAN, `localhost` too,
since programs on the appliance itself come by that name (seed 002). It is no CA.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tanos.certificates.check_code import spki_of
from tanos.certificates.issue import BACKDATED, LIFE
from tanos.certificates.names import checked_names
from tanos.certificates.pair_kinds import PairKind
from tanos.certificates.profile import key_identifier

RSA_BITS = 2048
EXPONENT = 65537
USAGE = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=True,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


def self_signed(
    kind: PairKind, fqdn: str, names: Sequence[str], now: datetime, life: timedelta = LIFE
) -> tuple[bytes, bytes]:
    """Return a new key and its certificate, PEM. Raises AnswerRefused `san-bad`, `san-forbidden` for `names`."""
    key = rsa.generate_private_key(EXPONENT, RSA_BITS)
    here = x509.DNSName("localhost")  # which no certificate of others may carry
    certificate = certify_itself(kind, key, fqdn, [*checked_names([fqdn, *names]), here], now, life)
    return (
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        certificate.public_bytes(Encoding.PEM),
    )


def certify_itself(
    kind: PairKind,
    key: rsa.RSAPrivateKey,
    common_name: str,
    names: Sequence[x509.GeneralName],
    now: datetime,
    life: timedelta,
) -> x509.Certificate:
    """Return the certificate that a key signs for itself."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    identifier = key_identifier(spki_of(key.public_key()))
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + life)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(USAGE, critical=True)
        .add_extension(x509.ExtendedKeyUsage(kind.purposes), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.SubjectKeyIdentifier(identifier), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier(identifier, None, None), critical=False)
        .sign(key, SHA256())
    )
