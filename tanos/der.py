"""As much DER as is needed: headers are read to see where an element ends, elements are written in the one form.

Invariant: no length that DER forbids is accepted (X.690 8.1, 10.1), nor one of more than four octets. Nothing is read
but headers, one after the other as the caller asks, so that no input makes it go deep; and what is written is the
shortest form. What stands in an element is left to the library that parses it.
"""

from datetime import datetime

INTEGER, BIT_STRING, OCTET_STRING, OID = 0x02, 0x03, 0x04, 0x06
UTF8_STRING, PRINTABLE_STRING = 0x0C, 0x13
SEQUENCE, SET = 0x30, 0x31
TRUE = b"\x01\x01\xff"
_LONG_FORM, _MOST_OCTETS, _LONG_TAG = 0x80, 4, 0x1F
_TO_SECONDS = len("2026-11-22T12:00:00")


class NotDer(ValueError):
    """There is no header that DER allows."""


def element(der: bytes, at: int = 0) -> tuple[int, int, int]:
    """Return what the header at `at` says: tag, and where the content starts and ends. Raises NotDer.

    The content need not have arrived to its end, nor at all.
    """
    if len(der) < at + 2:
        raise NotDer
    tag, size, start = der[at], der[at + 1], at + 2
    if tag & _LONG_TAG == _LONG_TAG:
        raise NotDer
    if size >= _LONG_FORM:
        octets = der[start : start + (size & 0x7F)]
        if not 1 <= size & 0x7F == len(octets) <= _MOST_OCTETS:
            raise NotDer
        start, size = start + len(octets), int.from_bytes(octets)
        if size < _LONG_FORM or octets[0] == 0:
            raise NotDer
    return tag, start, start + size


def whole_length(der: bytes) -> int | None:
    """Return how many bytes the outer SEQUENCE says it has, header included; None if it is no SEQUENCE."""
    try:
        tag, _, end = element(der)
    except NotDer:
        return None
    return end if tag == SEQUENCE else None


def bits_of_key(spki: bytes) -> bytes:
    """Return the key's own bits of a SubjectPublicKeyInfo. Raises NotDer."""
    _, algorithm, _ = element(spki)
    _, _, bits = element(spki, algorithm)
    _, start, end = element(spki, bits)
    return spki[start + 1 : end]


def tlv(tag: int, *parts: bytes) -> bytes:
    """Return one element: tag, length, and `parts` joined."""
    body = b"".join(parts)
    size = len(body)
    if size < _LONG_FORM:
        return b"%c%c%b" % (tag, size, body)
    octets = size.to_bytes((size.bit_length() + 7) // 8)
    return b"%c%c%b%b" % (tag, _LONG_FORM | len(octets), octets, body)


def integer(value: int) -> bytes:
    """Return a non-negative INTEGER."""
    return tlv(INTEGER, value.to_bytes(value.bit_length() // 8 + 1))


def moment(when: datetime) -> bytes:
    """Return a Time: UTCTime up to 2049, GeneralizedTime after (RFC 5280 4.1.2.5)."""
    digits = when.isoformat().encode()[:_TO_SECONDS].translate(None, b"-T:")
    return b"\x17\x0d%bZ" % digits[2:] if when.year < 2050 else b"\x18\x0f%bZ" % digits
