"""Certificates of keys below a root of release 7.4 that are no server's: intermediates, and keys that sign messages.

Invariants: an intermediate signs no authority (pathLen 0) and can name no host: every name and address is excluded,
so that whoever has its key passes for no server. A key that signs messages has a purpose of its own, so that no TLS
takes it.

Rule: RFC 5280 sections 4.2.1.9 and 4.2.1.10, RFC 9336; seed 001.
"""

from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_network

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509.oid import NameOID

from tanos.certificates.check_code import spki_of
from tanos.certificates.profile import issuer_facts, key_identifier, signing_algorithm
from tanos.errors import NotToBeAsked

SIGNS_MESSAGES = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")
"""Signing of documents (RFC 9336): what people and programs read, and no TLS."""
NO_HOST = x509.NameConstraints(
    None,
    [x509.DNSName(""), x509.IPAddress(ip_network("0.0.0.0/0")), x509.IPAddress(ip_network("::/0"))],
)
BACKDATED = timedelta(minutes=5)
_LONGEST_NAME = 64
_NO_USAGE = dict.fromkeys(
    (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    ),
    False,
)  # fmt: skip


def usage(name: str) -> x509.KeyUsage:
    """Return the usage for that, and nothing else."""
    return x509.KeyUsage(**{**_NO_USAGE, name: True})


def may_have_intermediates(root: x509.Certificate) -> bool:
    """Say whether an authority below `root` would be believed."""
    longest = root.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length
    return longest is None or longest > 0


def intermediate_tbs(
    root: x509.Certificate, spki: bytes, holder: str, serial: int, now: datetime, days: int
) -> bytes:
    """Return the TBSCertificate, DER, of an intermediate TLS key that `holder` has. Raises NotToBeAsked."""
    builder = (
        _below(root, spki, f"{holder[: _LONGEST_NAME - 17]} Intermediate TLS", serial, now, days)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage("key_cert_sign"), critical=True)
        .add_extension(NO_HOST, critical=True)
    )
    return _tbs(builder, root)


def message_tbs(root: x509.Certificate, spki: bytes, server: str, serial: int, now: datetime, days: int) -> bytes:
    """Return the TBSCertificate, DER, of a message-signing key of `server`. Raises NotToBeAsked."""
    builder = (
        _below(root, spki, f"{server[: _LONGEST_NAME - 16]} Message signing", serial, now, days)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage("digital_signature"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([SIGNS_MESSAGES]), critical=True)
    )
    return _tbs(builder, root)


def signs_messages(certificate: x509.Certificate) -> bool:
    """Say whether a certificate is one of a key that signs messages."""
    try:
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return list(purposes) == [SIGNS_MESSAGES]


def _below(
    root: x509.Certificate, spki: bytes, name: str, serial: int, now: datetime, days: int
) -> x509.CertificateBuilder:
    facts = issuer_facts(root)
    now = now.astimezone(UTC).replace(microsecond=0)
    key = load_der_public_key(spki)
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise NotToBeAsked("no key on a curve")
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(root.subject)
        .public_key(key)
        .serial_number(serial)
        .not_valid_before(max(now - BACKDATED, facts.not_before))
        .not_valid_after(min(now + timedelta(days=days), facts.not_after))
        .add_extension(x509.AuthorityKeyIdentifier(facts.identifier, None, None), critical=False)
        .add_extension(x509.SubjectKeyIdentifier(key_identifier(spki_of(key))), critical=False)
    )


def _tbs(builder: x509.CertificateBuilder, root: x509.Certificate) -> bytes:
    """Return what is to be signed: the library gives it only once somebody signed it, here a key of no worth."""
    key = root.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise NotToBeAsked("no root of 7.4")
    _, algorithm = signing_algorithm(key)
    return builder.sign(_worthless(key.curve.name), algorithm).tbs_certificate_bytes


@cache
def _worthless(curve: str) -> ec.EllipticCurvePrivateKey:
    curves = {"secp256r1": ec.SECP256R1(), "secp384r1": ec.SECP384R1(), "secp521r1": ec.SECP521R1()}
    return ec.generate_private_key(curves[curve])
