"""Certificates and requests of others, read by the library.

Invariant: whatever the bytes are, what comes of them is a certificate, a request, or AnswerRefused. The library says
no by many exceptions that have no common ancestor, and of a key that it does not know only when it is asked for it.
"""

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from tanos.certificates.check_code import check_code
from tanos.certificates.request_shape import UNREADABLE, not_a_request
from tanos.errors import AnswerRefused
from tanos.finding import refuse
from tanos.message import N_

_DER = b"\x30"


def read_certificate(data: bytes) -> x509.Certificate:
    """Return the certificate that DER or PEM is. Raises AnswerRefused `not-a-certificate`."""
    load = x509.load_der_x509_certificate if data.startswith(_DER) else x509.load_pem_x509_certificate
    try:
        certificate = load(data)
        certificate.subject.rfc4514_string()
    except UNREADABLE as error:
        raise no_certificate() from error
    return certificate


def read_every_part(data: bytes) -> x509.Certificate:
    """Return the certificate that DER or PEM is, where each part of it that anybody looks at can be read.

    Raises AnswerRefused `not-a-certificate`, `key-type`.
    """
    certificate = read_certificate(data)
    try:
        certificate.public_key()
        tuple(certificate.extensions)
        certificate.issuer.rfc4514_string()
        bool(certificate.signature_hash_algorithm)
    except UnsupportedAlgorithm as error:
        raise AnswerRefused.because(
            refuse(
                "key-type",
                N_("The key or the signature of a certificate in it is of a kind that is not understood here."),
                N_("Have it issued for an RSA key, signed with RSA or ECDSA, and SHA-256."),
            )
        ) from error
    except UNREADABLE as error:
        raise no_certificate() from error
    return certificate


def certificate_code(data: bytes) -> str:
    """Return the check code of the key in a certificate. Raises AnswerRefused `not-a-certificate`."""
    try:
        return check_code(read_certificate(data).public_key())
    except UNREADABLE as error:
        raise no_certificate() from error


def read_request(der: bytes) -> x509.CertificateSigningRequest:
    """Return the request that some DER is. Raises AnswerRefused `not-pkcs10` or `wrong-block`."""
    try:
        request = x509.load_der_x509_csr(der)
        request.subject.rfc4514_string()
    except UNREADABLE as error:
        raise AnswerRefused.because(not_a_request(der)) from error
    return request


def no_certificate() -> AnswerRefused:
    """Return the refusal of what is no certificate."""
    return AnswerRefused.because(
        refuse(
            "not-a-certificate",
            N_("This is no certificate, or it arrived damaged."),
            N_("Copy it again from -----BEGIN to -----END, and compare the check codes."),
        )
    )
