"""A certificate revocation list as DER, before it is signed (RFC 5280 section 5; judged by a linter in the tests).

CRL v2, complete, of one root: key identifier of the authority and a number that grows; each entry with its reason. A
list that tells of nothing has no list of entries at all (section 5.1.2.6).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from tanos.certificates.profile import issuer_facts
from tanos.der import OCTET_STRING, OID, SEQUENCE, integer, moment, tlv
from tanos.revocation.reasons import CODES

_VERSION_2 = integer(1)
_ENUMERATED = 0x0A
_NUMBER, _REASON = (bytes((OID, 3, 0x55, 0x1D, arc)) for arc in (20, 21))


@dataclass(frozen=True)
class Revoked:
    """One entry."""

    serial: int
    reason: str
    """Of REASONS."""
    at: datetime


def encode_list(
    root: x509.Certificate, revoked: Iterable[Revoked], *, number: int, this_update: datetime, next_update: datetime
) -> bytes:
    """Return the DER TBSCertList of `root`. Raises Damaged `root-unusable`."""
    issuer = issuer_facts(root)
    entries = b"".join(map(_entry, revoked))
    numbered = tlv(SEQUENCE, _NUMBER, tlv(OCTET_STRING, integer(number)))
    return tlv(
        SEQUENCE,
        _VERSION_2,
        issuer.algorithm,
        issuer.name,
        moment(this_update),
        moment(next_update),
        tlv(SEQUENCE, entries) if entries else b"",
        tlv(0xA0, tlv(SEQUENCE, issuer.authority, numbered)),
    )


_SAID = {
    reason: tlv(
        SEQUENCE, tlv(SEQUENCE, _REASON, tlv(OCTET_STRING, tlv(_ENUMERATED, bytes((code,)))))
    ) if code else b""
    for reason, code in CODES.items()
}  # fmt: skip


def _entry(each: Revoked) -> bytes:
    return tlv(SEQUENCE, integer(each.serial), moment(each.at), _SAID[each.reason])
