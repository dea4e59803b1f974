"""The outermost shape of DER: how long it says it is, and what it can only be.

Invariant: reads headers only, never past the bytes it is given, and accepts no length that DER forbids. It decides
nothing about the content; it exists so that what was cut, glued or is a private key is known by name.
"""

from dataclasses import dataclass

_SEQUENCE, _INTEGER, _OCTETS, _OID = 0x30, 0x02, 0x04, 0x06
_PKCS7 = bytes.fromhex("2a864886f70d0107")
_SIGNED_DATA = _PKCS7 + b"\x02"
_PASSWORD_BASED = (bytes.fromhex("2a864886f70d0105"), bytes.fromhex("2a864886f70d010c01"))


@dataclass(frozen=True)
class Header:
    """Tag and length of one element; `start` and `end` frame its content."""

    tag: int
    start: int
    end: int


def header(der: bytes, at: int = 0) -> Header | None:
    """Return the header at `at`, or None where there is none that DER allows (X.690 §8.1, §10.1)."""
    if len(der) < at + 2 or der[at] & 0x1F == 0x1F:
        return None
    short = der[at + 1]
    if short < 0x80:
        return Header(der[at], at + 2, at + 2 + short)
    size = short & 0x7F
    digits = der[at + 2 : at + 2 + size]
    length = int.from_bytes(digits, "big")
    minimal = length >= 0x80 and digits[:1] != b"\0"
    if not 1 <= size <= 4 or len(digits) < size or not minimal:
        return None
    return Header(der[at], at + 2 + size, at + 2 + size + length)


def whole_length(der: bytes) -> int | None:
    """Return how many bytes the outer SEQUENCE says it has, header included; None if it is no SEQUENCE."""
    outer = header(der)
    return outer.end if outer and outer.tag == _SEQUENCE else None


def is_private_key(der: bytes) -> bool:
    """Tell PKCS#1, SEC 1, PKCS#8 (also encrypted) and PKCS#12 by their first bytes; a prefix is enough."""
    first = _child(der, header(der))
    if first is None:
        return False
    if first.tag == _SEQUENCE:
        return _oid(der, first).startswith(_PASSWORD_BASED)
    second = header(der, first.end)
    one_byte = first.tag == _INTEGER and first.end - first.start == 1
    return one_byte and second is not None and _follows_version(der, der[first.start], second)


def _follows_version(der: bytes, version: int, second: Header) -> bool:
    """Tell whether what follows the leading number is what a kind of key has there."""
    if version == 3:
        return _oid(der, second).startswith(_PKCS7)
    if second.tag == _SEQUENCE:
        return version in {0, 1} and _oid(der, second) != b""
    return (version, second.tag) in {(0, _INTEGER), (1, _OCTETS)}


def is_pkcs7(der: bytes) -> bool:
    """Tell a PKCS#7 (CMS) signedData, the container that CAs send chains in."""
    outer = header(der)
    return outer is not None and _oid(der, outer) == _SIGNED_DATA


def _child(der: bytes, parent: Header | None) -> Header | None:
    return header(der, parent.start) if parent and parent.tag == _SEQUENCE else None


def _oid(der: bytes, parent: Header) -> bytes:
    child = _child(der, parent)
    return der[child.start : child.end] if child and child.tag == _OID else b""
