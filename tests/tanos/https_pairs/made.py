"""An enterprise CA in memory, and what it issues: keys are made once, since RSA is slow."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import (
    CertificateIssuerPrivateKeyTypes,
    CertificatePublicKeyTypes,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tanos.certificates.names import checked_names, show_names
from tests.conftest import NOON

FQDN = "ts1.lab.test"
BOTH = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)


@cache
def rsa_key(number: int = 0, bits: int = 2048) -> rsa.RSAPrivateKey:
    """Return a key, the same for the same number in one run."""
    return rsa.generate_private_key(65537, bits)


@cache
def ca_key(name: str) -> ec.EllipticCurvePrivateKey:
    """Return the key of an authority."""
    return ec.generate_private_key(ec.SECP256R1())


def pem(*certificates: x509.Certificate) -> bytes:
    """Return certificates as one text."""
    return b"".join(each.public_bytes(Encoding.PEM) for each in certificates)


def key_pem(key: CertificateIssuerPrivateKeyTypes) -> bytes:
    """Return a key as its file has it."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@dataclass(frozen=True)
class Authority:
    """A root, and one below it that issues."""

    root: x509.Certificate
    issuing: x509.Certificate

    def issue(
        self,
        *,
        common_name: str | None = FQDN,
        names: Sequence[str] = (FQDN,),
        purposes: Sequence[x509.ObjectIdentifier] = BOTH,
        key: CertificateIssuerPrivateKeyTypes | None = None,
        public_key: rsa.RSAPublicKey | None = None,
        days: tuple[int, int] = (-1, 365),
        now: datetime = NOON,
    ) -> x509.Certificate:
        """Return a server's certificate."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name else [])
        builder = _builder(subject, self.issuing.subject, public_key or (key or rsa_key()).public_key(), days, now)
        builder = builder.add_extension(x509.BasicConstraints(False, None), True)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(checked_names(names)), False)
        if purposes:
            builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), False)
        return builder.sign(ca_key("issuing"), SHA256())


@cache
def authority() -> Authority:
    """Return the enterprise CA."""
    root_name, name = _name("Lab Root"), _name("Lab Issuing CA")
    root = _authority(root_name, root_name, ca_key("root"), ca_key("root"))
    return Authority(root, _authority(name, root_name, ca_key("issuing"), ca_key("root")))


def answer(csr_pem: str, now: datetime = NOON) -> bytes:
    """Return what the authority sends for a request, its own certificates first."""
    csr = x509.load_pem_x509_csr(csr_pem.encode())
    key = csr.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    names = show_names(csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    ca = authority()
    return pem(ca.root, ca.issuing, ca.issue(common_name=names[0], names=names, public_key=key, now=now))


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _authority(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    builder = _builder(subject, issuer, key.public_key(), (-10, 3650))
    return builder.add_extension(x509.BasicConstraints(True, None), True).sign(signer, SHA256())


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: CertificatePublicKeyTypes,
    days: tuple[int, int],
    now: datetime = NOON,
) -> x509.CertificateBuilder:
    begin, end = (now + timedelta(days=each) for each in days)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
    )
