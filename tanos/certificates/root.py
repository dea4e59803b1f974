"""The appliance's own authority: one self-signed certificate and its key, P-384 unless told otherwise.

Invariant: a root does not expire. Until release 7.3, and for its clients, it issues no other authority (pathLen 0); a
root of 7.4 issues intermediate ones, which sign the keys of clients and no further authority (pathLen 1, seed 001).
"""

from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.x509.oid import NameOID

from tanos import deeds
from tanos.certificates.check_code import spki_of
from tanos.certificates.dates import examine_dates
from tanos.certificates.issue import BACKDATED
from tanos.certificates.key_strength import examine_key
from tanos.certificates.profile import key_identifier, signing_algorithm
from tanos.certificates.request_shape import LEAST_HASH_BYTES
from tanos.finding import Finding, refuse
from tanos.message import N_

NEVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_USAGES = {
    "digital_signature": False,
    "content_commitment": False,
    "key_encipherment": False,
    "data_encipherment": False,
    "key_agreement": False,
    "key_cert_sign": True,
    "crl_sign": True,
    "encipher_only": False,
    "decipher_only": False,
}


def self_signed_root(
    key: CertificateIssuerPrivateKeyTypes, name: str, now: datetime, path_length: int = 0
) -> x509.Certificate:
    """Return a root certificate for `key`, valid from five minutes ago, without end."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    public_key = key.public_key()
    identifier = key_identifier(spki_of(public_key))
    _, algorithm = signing_algorithm(public_key)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now.astimezone(UTC) - BACKDATED)
        .not_valid_after(NEVER)
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(x509.KeyUsage(**_USAGES), critical=True)
        .add_extension(x509.SubjectKeyIdentifier(identifier), critical=False)
        .sign(key, algorithm)
    )


def examine_root(certificate: x509.Certificate, now: datetime) -> tuple[Finding, ...]:
    """Return why a certificate cannot be the root to trust: `not-a-root`, a weak key or hash, or its dates."""
    if not is_self_signed(certificate) or not may_issue(certificate):
        return (
            refuse(
                "not-a-root",
                N_(
                    "This is no self-signed root certificate ({subject}).",
                    subject=certificate.subject.rfc4514_string(),
                ),
                N_(
                    "Take tanium.pub from the Tanium Server ({export_root:key} there).", export_root=deeds.EXPORT_ROOT
                ),
            ),
        )
    return (*examine_key(certificate.public_key()), *examine_dates(certificate, now))


def is_self_signed(certificate: x509.Certificate) -> bool:
    """Say whether a certificate names itself as issuer and is signed by its own key."""
    return is_issued_by(certificate, certificate)


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Say whether `issuer` is named in and signed `certificate`, with a hash that still counts."""
    try:
        algorithm = certificate.signature_hash_algorithm
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return algorithm is None or algorithm.digest_size >= LEAST_HASH_BYTES


def is_signed_by(root: x509.Certificate, signature: bytes, data: bytes) -> bool:
    """Say whether the key of a root signed that, in the way in which roots sign."""
    key = root.public_key()
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(signing_algorithm(key)[1]))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, PKCS1v15(), signing_algorithm(key)[1])
        else:
            return False
    except InvalidSignature:
        return False
    return True


def may_issue(certificate: x509.Certificate) -> bool:
    """Say whether a certificate is one of an authority that signs certificates."""
    try:
        extensions = certificate.extensions
        constraints = extensions.get_extension_for_class(x509.BasicConstraints).value
    except (ValueError, x509.ExtensionNotFound):
        return False
    try:
        signs = extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    except x509.ExtensionNotFound:
        signs = True
    return constraints.ca and signs
