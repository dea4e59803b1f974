"""A root, and pairs that it issued, as text: what services are handed; made once, of keys that are quickly made."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Authority:
    """One root."""

    name: x509.Name
    key: ec.EllipticCurvePrivateKey
    pem: str

    def pair(self, fqdn: str, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None) -> str:
        """Return a certificate for a name, and its key: a new one unless it is given."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName(fqdn)])
        leaf = _certificate(_named(fqdn), self.name, key.public_key()).add_extension(names, critical=False)
        certificate = leaf.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM)
        return (certificate + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())).decode()

    def below(self, name: str) -> "Authority":
        """Return an authority that this one vouches for."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = _certificate(_named(name), self.name, key.public_key())
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        return Authority(_named(name), key, made.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM).decode())


def authority(number: int = 0, server: str = "ts1.lab.test") -> Authority:
    """Return a root; the same number of a server is the same root. One of no server is as those until 7.3."""
    return _made(number, server)


@cache
def _made(number: int, server: str) -> Authority:
    key, name = ec.generate_private_key(ec.SECP256R1()), _named(f"{server} Root {number}".lstrip())
    made = _certificate(name, name, key.public_key())
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return Authority(name, key, made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode())


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + 90 * DAY)
    )
