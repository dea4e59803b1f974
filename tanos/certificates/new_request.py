"""A new key and the request for its certificate.

Invariant: a request that would be refused is not made; the key goes nowhere but to who keeps it. It is P-256 where
only servers of the platform see its certificate, and RSA of 2048 bits for HTTPS, as the documents demand (seed 002).
"""

from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tanos.certificates.names import checked_names
from tanos.certificates.pair_kinds import SOAP, SSL, PairKind
from tanos.certificates.profile import USAGE_ISSUED
from tanos.certificates.request import Request, examine_request
from tanos.certificates.self_signed import EXPONENT, RSA_BITS, USAGE
from tanos.errors import AnswerRefused
from tanos.finding import refuse
from tanos.message import N_


def new_request(kind: PairKind, common_name: str, alt_names: Sequence[str]) -> tuple[bytes, Request]:
    """Return a new key, PEM, and the request made with it; write nothing. Raises as `request_with`."""
    key = new_key(kind)
    return key_pem(key), request_with(key, kind, common_name, alt_names)


def new_key(kind: PairKind) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    """Return a new key of the sort that such a pair has."""
    if kind in {SOAP, SSL}:
        return rsa.generate_private_key(EXPONENT, RSA_BITS)
    return ec.generate_private_key(ec.SECP256R1())


def request_with(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, kind: PairKind, common_name: str, alt_names: Sequence[str]
) -> Request:
    """Return the request for the certificate of a key.

    Raises AnswerRefused `name-empty`, and by the ids of `examine_request`: `san-bad`, `san-forbidden` …
    """
    common_name = common_name.strip()
    if not 1 <= len(common_name) <= 64:
        raise AnswerRefused.because(
            refuse(
                "name-empty",
                N_("A common name has 1 to 64 characters."),
                N_("Use a short name there; long host names belong to the alternative names."),
            )
        )
    names = checked_names([common_name, *alt_names])
    csr = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)]))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(USAGE if kind in {SOAP, SSL} else USAGE_ISSUED, critical=True)
        .add_extension(x509.ExtendedKeyUsage(kind.purposes), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, SHA256())
    )
    request, findings = examine_request(csr.public_bytes(Encoding.DER))
    if any(finding.severity == "refuse" for finding in findings):
        raise AnswerRefused.because(*findings)
    return request


def key_pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    """Return a private key as it lies in its file: PKCS#8, PEM."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
