"""Whether some DER is a request at all, whole and properly signed: the checks before its contents count.

Invariant: the signature algorithm is judged before the signature, so that a request signed with SHA-1 is told so and
not that it was damaged.
"""

from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.x509.oid import SignatureAlgorithmOID

from tanos.der import element, whole_length
from tanos.errors import AnswerRefused
from tanos.finding import Finding, refuse
from tanos.message import N_

LEAST_HASH_BYTES = 32
UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""All that the library raises for a request or certificate of which it cannot read a part; TypeError for a name in a
BIT STRING."""
_COPY_AGAIN = N_("Copy it again from its first line to its last, and compare the check codes.")
_ECDSA = {
    SignatureAlgorithmOID.ECDSA_WITH_SHA256: ec.ECDSA(SHA256()),
    SignatureAlgorithmOID.ECDSA_WITH_SHA384: ec.ECDSA(SHA384()),
    SignatureAlgorithmOID.ECDSA_WITH_SHA512: ec.ECDSA(SHA512()),
}
_VERSION_1 = b"\x02\x01\x00"
_OLD_HASHES = {
    "1.2.840.113549.1.1.2": "MD2",
    "1.2.840.113549.1.1.3": "MD4",
    "1.2.840.113549.1.1.4": "MD5",
    "1.3.14.3.2.29": "SHA-1",
}


class Pieces(NamedTuple):
    """What is cut out of a request as it stands, so that it need not be encoded again."""

    signed: bytes
    """The CertificationRequestInfo."""
    spki: bytes
    """The SubjectPublicKeyInfo as it was sent, which need not be the one form in which keys are compared."""
    subject: bytes
    attributes: bytes
    """All, with the header of the set."""


def check_shape(der: bytes) -> None:
    """Raise AnswerRefused `not-pkcs10`, `cut-short` or `trailing-data` unless `der` is exactly one SEQUENCE."""
    length = whole_length(der)
    if length is None:
        raise AnswerRefused.because(not_a_request(der))
    if len(der) < length:
        message = N_("The request is cut short: {there} of {length} bytes arrived.", there=len(der), length=length)
        raise AnswerRefused.because(refuse("cut-short", message, _COPY_AGAIN))
    if len(der) > length:
        message = N_(
            "After the request stands {count} byte that does not belong to it.",
            "After the request stand {count} bytes that do not belong to it.",
            count=len(der) - length,
        )
        raise AnswerRefused.because(refuse("trailing-data", message, N_("Send the request alone.")))


def pieces_of(der: bytes) -> Pieces:
    """Cut a request that the library has read, so that it is well formed."""
    _, info, _ = element(der)
    _, version, info_end = element(der, info)
    subject = version + len(_VERSION_1)
    _, _, spki = element(der, subject)
    _, _, attributes = element(der, spki)
    return Pieces(der[info:info_end], der[spki:attributes], der[subject:spki], der[attributes:info_end])


def not_a_request(der: bytes) -> Finding:
    """Say what it is instead, where that can be seen."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        shown = certificate.subject.rfc4514_string()
    except UNREADABLE:
        return refuse(
            "not-pkcs10",
            N_("This is no certificate request, or it arrived damaged."),
            N_("Copy it again from -----BEGIN to -----END, and compare the check codes."),
        )
    return refuse(
        "wrong-block",
        N_("This is a certificate ({subject}), not a request.", subject=shown),
        N_("A signed certificate is imported on the appliance that made the request."),
    )


def wrong_version() -> Finding:
    """Return the refusal of a request of another version."""
    return refuse(
        "bad-version",
        N_("The request is not of version 1, the only one there is."),
        N_("Make it again with another tool, or compare the check codes: it may have arrived damaged."),
    )


def examine_hash(csr: x509.CertificateSigningRequest) -> tuple[Finding, ...]:
    """Return `weak-hash` where the request is signed with less than SHA-256."""
    name = _weak_hash(csr)
    if not name:
        return ()
    return (
        refuse(
            "weak-hash",
            N_("The request is signed with {hash}, which anyone can forge today.", hash=name),
            N_("Make it again with `openssl req -new -sha256`; the key may stay."),
        ),
    )


def wrong_signature() -> Finding:
    """Return the refusal of a request whose signature does not fit it."""
    return refuse(
        "bad-signature",
        N_("The request's own signature does not fit it: it arrived damaged, or was changed."),
        _COPY_AGAIN,
    )


def unusable_key() -> tuple[Finding, ...]:
    """Return the refusal of a key that cannot even be loaded."""
    return (
        refuse(
            "key-type",
            N_("The request's public key is of a kind that is not understood here, or it is damaged."),
            N_("Make the request with a P-256 key, or RSA of 2048 bits or more."),
        ),
    )


def has_stray_bits(der: bytes, signature: bytes) -> bool:
    """Say whether the signature's BIT STRING claims unused bits; a signature is whole octets."""
    return der[len(der) - len(signature) - 1] != 0


def ecdsa_of(csr: x509.CertificateSigningRequest) -> ec.ECDSA | None:
    """Return the ECDSA with SHA-2 that the request claims to be signed with, or None for any other algorithm."""
    return _ECDSA.get(csr.signature_algorithm_oid)


def _weak_hash(csr: x509.CertificateSigningRequest) -> str:
    try:
        algorithm: HashAlgorithm | None = csr.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return _OLD_HASHES.get(csr.signature_algorithm_oid.dotted_string, "")
    if algorithm is None or algorithm.digest_size >= LEAST_HASH_BYTES:
        return ""
    return algorithm.name.upper().replace("SHA1", "SHA-1").replace("SHA224", "SHA-224")
