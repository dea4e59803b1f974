"""A revocation list that somebody gives: read, and believed only where the root that is held signed it.

Invariant: nothing here knows an appliance, so that a service's process reads a list as it comes in.
"""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from tanos.certificates.request_shape import UNREADABLE
from tanos.errors import AnswerRefused
from tanos.message import N_

LARGEST = 3 << 20
"""Bytes: some sixty thousand entries."""
MOST_NUMBERS = 1 << 63
"""Of what the store keeps as one; ours are seconds."""


@dataclass(frozen=True)
class SignedList:
    """What a list says."""

    number: int
    issued_at: datetime
    next_at: datetime
    serials: frozenset[int]


def read_list(der: bytes, root: x509.Certificate) -> SignedList:
    """Return what a list of `root` says. Raises AnswerRefused `bad-list`."""
    try:
        if len(der) > LARGEST:
            raise ValueError("too large")
        found = x509.load_der_x509_crl(der)
        _verify(found, root)
        number = found.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        next_at = found.next_update_utc
        if next_at is None or not 0 <= number < MOST_NUMBERS:
            raise ValueError("no end, or a number that has no place")
        return SignedList(number, found.last_update_utc, next_at, frozenset(each.serial_number for each in found))
    except (*UNREADABLE, InvalidSignature, UnsupportedAlgorithm, x509.ExtensionNotFound) as error:
        raise AnswerRefused(
            "bad-list",
            N_("This is no revocation list that the root held here signed."),
            N_("Take it from the Tanium Server; if it stays so, compare the check codes of both roots."),
        ) from error


def _verify(found: x509.CertificateRevocationList, root: x509.Certificate) -> None:
    if found.issuer != root.subject or not found.is_signature_valid(root.public_key()):  # type: ignore[arg-type]  # what is no key of an authority raises TypeError
        raise InvalidSignature
    known = {x509.CRLNumber.oid, x509.AuthorityKeyIdentifier.oid}
    if any(each.critical and each.oid not in known for each in found.extensions):
        raise ValueError("partial")
