"""A certificate request: read once, every check in the order in which an operator can act on it.

Invariant: a Request exists only for a request whose own signature proves the key, or that is refused for another
reason that stands among its findings; its check code, subject and names are those of its DER and nothing else.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from tanos.certificates.asked import Asked, read_asked
from tanos.certificates.check_code import code_of_spki, spki_as_sent
from tanos.certificates.key_strength import examine_key, key_words
from tanos.certificates.names import show_names
from tanos.certificates.plain import plain_asked
from tanos.certificates.request_rules import examine_asked, names_to_issue
from tanos.certificates.request_shape import (
    check_shape,
    ecdsa_of,
    examine_hash,
    has_stray_bits,
    not_a_request,
    pieces_of,
    unusable_key,
    wrong_signature,
    wrong_version,
)
from tanos.errors import AnswerRefused
from tanos.finding import Finding, refusals

_SIGNATURE_IDS = frozenset({"weak-hash", "broken-key", "key-type"})


@dataclass(frozen=True)
class Request:
    """A readable certificate request; its texts are made when they are first shown."""

    der: bytes
    public_key: PublicKeyTypes
    csr: x509.CertificateSigningRequest
    spki: bytes
    """DER SubjectPublicKeyInfo."""
    asked: Asked
    to_issue: tuple[x509.GeneralName, ...]
    """The names that its certificate gets."""

    @cached_property
    def check_code(self) -> str:
        """The check code of its key."""
        return code_of_spki(self.spki)

    @property
    def key_words(self) -> str:
        """The kind of key: `EC P-256`, `RSA 2048`."""
        return key_words(self.public_key)

    @cached_property
    def pem(self) -> str:
        """The request as text, 64 columns."""
        return pem_of(self.der, "CERTIFICATE REQUEST")

    @cached_property
    def subject(self) -> str:
        """The subject, RFC 4514."""
        return self.csr.subject.rfc4514_string()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The subject alternative names that it asks for."""
        return show_names(self.asked.alt_names)


def examine_request(der: bytes, fqdn_hint: str = "") -> tuple[Request, tuple[Finding, ...]]:
    """Read a DER request and say everything that is found in it.

    `fqdn_hint` is the host name that the operator expects; another one is a note. Raises AnswerRefused where the
    request cannot be read or does not prove its key: `cut-short`, `trailing-data`, `not-pkcs10`, `bad-version`,
    `attribute-unreadable`, `key-type`, `bad-signature`.
    """
    check_shape(der)
    csr = _load(der)
    public_key = _public_key(csr)
    ecdsa, pieces = ecdsa_of(csr), pieces_of(der)
    found = examine_key(public_key) if ecdsa else (*examine_hash(csr), *examine_key(public_key))
    says_nothing = found and _SIGNATURE_IDS & {finding.id for finding in refusals(found)}
    if not says_nothing and not _proves_key(der, csr, public_key, ecdsa, pieces.signed):
        raise AnswerRefused.because(wrong_signature(), *found)
    asked = plain_asked(pieces) or read_asked(csr)
    to_issue = names_to_issue(asked)
    request = Request(der, public_key, csr, spki_as_sent(public_key, pieces.spki), asked, to_issue)
    return request, (*found, *examine_asked(asked, to_issue, fqdn_hint))


def pem_of(der: bytes, label: str) -> str:
    """Return RFC 7468 text, 64 columns."""
    text = base64.b64encode(der).decode()
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""))


def common_name(request: Request) -> str:
    """Return the last common name of the subject, or nothing."""
    names: Sequence[str] = request.asked.common_names
    return names[-1] if names else ""


def _load(der: bytes) -> x509.CertificateSigningRequest:
    try:
        return x509.load_der_x509_csr(der)
    except x509.InvalidVersion as error:
        raise AnswerRefused.because(wrong_version()) from error
    except ValueError as error:
        raise AnswerRefused.because(not_a_request(der)) from error


def _public_key(csr: x509.CertificateSigningRequest) -> PublicKeyTypes:
    try:
        return csr.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise AnswerRefused.because(*unusable_key()) from error


def _proves_key(
    der: bytes, csr: x509.CertificateSigningRequest, public_key: PublicKeyTypes, ecdsa: ec.ECDSA | None, signed: bytes
) -> bool:
    signature = csr.signature
    if has_stray_bits(der, signature):
        return False
    try:
        if ecdsa and isinstance(public_key, ec.EllipticCurvePublicKey):
            public_key.verify(signature, signed, ecdsa)
            return True
        return csr.is_signature_valid
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
