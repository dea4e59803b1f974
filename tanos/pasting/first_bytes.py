"""What a DER is by its first bytes: a private key, however it is wrapped, or a PKCS#7.

Invariant: a prefix of some dozen bytes is enough, so that what was cut or glued is known too; at most five headers
are read. Nothing is decided about the rest of the content.
"""

from tanos.der import INTEGER, OCTET_STRING, OID, SEQUENCE, NotDer, element

_PKCS7 = bytes.fromhex("2a864886f70d0107")
_SIGNED_DATA = _PKCS7 + b"\x02"
_PASSWORD_BASED = (bytes.fromhex("2a864886f70d0105"), bytes.fromhex("2a864886f70d010c01"))


def is_private_key(der: bytes) -> bool:
    """Tell PKCS#1, SEC 1, PKCS#8 (also encrypted) and PKCS#12 by their first bytes; a prefix is enough."""
    try:
        outer, at, _ = element(der)
        return outer == SEQUENCE and _begins_as_key(der, at)
    except NotDer:
        return False


def is_pkcs7(der: bytes) -> bool:
    """Tell a PKCS#7 (CMS) signedData, the container that CAs send chains in."""
    try:
        return _oid(der, 0) == _SIGNED_DATA
    except NotDer:
        return False


def is_pkcs12(der: bytes) -> bool:
    """Tell a PKCS#12 (PFX), in which a key travels with its certificates."""
    try:
        outer, at, _ = element(der)
        tag, start, end = element(der, at)
        return (outer, tag, der[start:end]) == (SEQUENCE, INTEGER, b"\3") and _oid(der, end).startswith(_PKCS7)
    except NotDer:
        return False


def _begins_as_key(der: bytes, at: int) -> bool:
    tag, start, end = element(der, at)
    if tag == SEQUENCE:
        return _oid(der, at).startswith(_PASSWORD_BASED)
    return tag == INTEGER and end - start == 1 and _follows_version(der, der[start:end], end)


def _follows_version(der: bytes, version: bytes, at: int) -> bool:
    """Tell whether what follows the leading number is what a kind of key has there."""
    if version == b"\3":
        return _oid(der, at).startswith(_PKCS7)
    tag, _, _ = element(der, at)
    if tag == SEQUENCE:
        return version in {b"\0", b"\1"} and _oid(der, at) != b""
    return (version, tag) in {(b"\0", INTEGER), (b"\1", OCTET_STRING)}


def _oid(der: bytes, at: int) -> bytes:
    """Return the OID that the SEQUENCE at `at` begins with, or nothing. Raises NotDer."""
    outer, inside, _ = element(der, at)
    if outer != SEQUENCE:
        return b""
    tag, start, end = element(der, inside)
    return der[start:end] if tag == OID else b""
