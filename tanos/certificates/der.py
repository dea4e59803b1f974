"""As much DER as is needed to write a TBSCertificate and to see what a parser does not tell.

Invariant: what is written here is the shortest form, as DER demands; nothing is parsed here that a library parses.
"""

from datetime import datetime

INTEGER, BIT_STRING, OCTET_STRING, OID, UTC_TIME, GENERAL_TIME = 0x02, 0x03, 0x04, 0x06, 0x17, 0x18
UTF8_STRING, PRINTABLE_STRING = 0x0C, 0x13
SEQUENCE, SET = 0x30, 0x31
TRUE = b"\x01\x01\xff"
_HEADER = 2
_LONG_FORM = 0x80


def tlv(tag: int, *parts: bytes) -> bytes:
    """Return one element: tag, length, and `parts` joined."""
    body = b"".join(parts)
    size = len(body)
    if size < _LONG_FORM:
        return b"%c%c%b" % (tag, size, body)
    octets = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, _LONG_FORM | len(octets))) + octets + body


def integer(value: int) -> bytes:
    """Return a non-negative INTEGER."""
    return tlv(INTEGER, value.to_bytes(value.bit_length() // 8 + 1))


def moment(when: datetime) -> bytes:
    """Return a Time: UTCTime up to 2049, GeneralizedTime after (RFC 5280 4.1.2.5)."""
    rest = b"%02d%02d%02d%02d%02dZ" % (when.month, when.day, when.hour, when.minute, when.second)
    if when.year < 2050:
        return b"%c\x0d%02d" % (UTC_TIME, when.year % 100) + rest
    return b"%c\x0f%04d" % (GENERAL_TIME, when.year) + rest


def announced_length(der: bytes) -> int | None:
    """Return how long the outermost SEQUENCE says that it is, header included; None if there is none."""
    if len(der) < _HEADER or der[0] != SEQUENCE:
        return None
    if der[1] < _LONG_FORM:
        return _HEADER + der[1]
    octets = der[1] & 0x7F
    if octets == 0 or len(der) < _HEADER + octets:
        return None
    return _HEADER + octets + int.from_bytes(der[_HEADER : _HEADER + octets])


def contents(der: bytes) -> bytes:
    """Return the contents of the element at the start of `der`, which must be well formed."""
    if der[1] < _LONG_FORM:
        return der[_HEADER : _HEADER + der[1]]
    start = _HEADER + (der[1] & 0x7F)
    return der[start : start + int.from_bytes(der[_HEADER:start])]


def bits_of_key(spki: bytes) -> bytes:
    """Return the key's own bits of a well-formed SubjectPublicKeyInfo."""
    body = contents(spki)
    algorithm = announced_length(body) or 0
    return contents(body[algorithm:])[1:]
