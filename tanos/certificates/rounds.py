"""How much work a file asks of whoever opens it by a passphrase: that is told in it, by whom it came from.

Invariant: nothing is opened here; what asks for more than MOST_ROUNDS, or cannot be followed, is not opened at all,
so that no file keeps this program busy for minutes. BER is read, as PKCS#12 is not always DER (RFC 7292 section 4.1).
What is asked for inside what is encrypted itself is not seen.

Rules: rounds stand in PBKDF2-params, PBEParameter (RFC 8018 appendix A), pkcs-12PbeParams and MacData (RFC 7292
section 4 and appendix C); scrypt-params has N, r and p (RFC 7914 section 7).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tanos.der import INTEGER, OCTET_STRING, OID, SEQUENCE
from tanos.errors import AnswerRefused
from tanos.finding import Finding, refuse
from tanos.message import N_

MOST_ROUNDS = 10_000_000
"""Of PBKDF2: some seconds."""
_PASSWORD_BASED = (bytes.fromhex("2a864886f70d0105"), bytes.fromhex("2a864886f70d010c01"))
_SCRYPT = bytes.fromhex("2b06010401da47040b")
_ROUNDS_OF_SCRYPT = 8
"""What a round of it costs, as rounds of PBKDF2."""
_CONSTRUCTED, _LONG, _INDEFINITE, _NUMBER = 0x20, 0x80, 0x80, 0x1F
_STRING_IN_PARTS = OCTET_STRING | _CONSTRUCTED
_DEEPEST, _LARGEST = 32, 1 << 64


class _NotBer(ValueError):
    """Not to be followed."""


@dataclass(frozen=True)
class _Node:
    tag: int
    body: bytes
    """Of a number, or of a string, joined where it comes in parts."""
    parts: tuple["_Node", ...] = ()


def check_rounds(data: bytes) -> None:
    """Refuse what asks for too much work. Raises AnswerRefused `too-many-rounds`, `wrong-passphrase`."""
    asked = rounds_asked(data)
    if asked is None:
        raise AnswerRefused.because(
            refuse(
                "wrong-passphrase",
                N_("It does not open: it is damaged."),
                N_("Have it exported again where the key was made."),
            )
        )
    if asked > MOST_ROUNDS:
        raise AnswerRefused.because(too_many_rounds())


def too_many_rounds(most: int = MOST_ROUNDS) -> Finding:
    """Return the refusal of what asks for more work than `most`."""
    return refuse(
        "too-many-rounds",
        N_("Opening it asks for more than {most} rounds of its passphrase, which takes minutes.", most=most),
        N_("Export it again with fewer (openssl pkcs12 -export -iter NUMBER)."),
    )


def rounds_asked(data: bytes) -> int | None:
    """Return how many rounds a PKCS#12 or an encrypted key asks for in all; None where that cannot be followed."""
    try:
        whole, _ = _read(data, 0, len(data), 0)
    except (_NotBer, IndexError):
        return None
    return sum(_asked(whole)) + _of_mac(whole)


def _asked(node: _Node) -> Iterator[int]:
    """Yield what each key derivation in it asks for."""
    if node.tag == SEQUENCE and len(node.parts) > 1 and node.parts[0].tag == OID:
        yield _of_algorithm(node.parts[0].body, node.parts[1].parts)
    for part in node.parts:
        yield from _asked(part)


def _of_algorithm(oid: bytes, words: tuple[_Node, ...]) -> int:
    numbers = [_number(each) for each in words[1:] if each.tag == INTEGER]
    if oid == _SCRYPT and len(numbers) > 2:
        return numbers[0] * numbers[1] * numbers[2] * _ROUNDS_OF_SCRYPT
    return numbers[0] if numbers and oid.startswith(_PASSWORD_BASED) else 0


def _of_mac(whole: _Node) -> int:
    """Return the rounds of the MAC of a PKCS#12, which is the last of its three parts."""
    mac = whole.parts[2] if len(whole.parts) == 3 else whole
    return _number(mac.parts[2]) if len(mac.parts) == 3 and mac.parts[2].tag == INTEGER else 0


def _number(node: _Node) -> int:
    return min(int.from_bytes(node.body), _LARGEST)


def _read(data: bytes, at: int, end: int, depth: int, *, inside: bool = True) -> tuple[_Node, int]:
    """Read the element at `at`, and with `inside` what lies in strings; return it, and where the next begins."""
    if depth > _DEEPEST or data[at] & _NUMBER == _NUMBER:
        raise _NotBer
    tag, size, at = data[at], data[at + 1], at + 2
    in_parts = inside and tag != _STRING_IN_PARTS
    if size == _INDEFINITE:
        parts, at = _read_parts(data, at, end, depth, until_end=True, inside=in_parts)
        return _of_parts(tag, parts, depth, inside=inside), at
    if size & _LONG:
        count = size & ~_LONG
        size, at = int.from_bytes(data[at : at + count]), at + count
    if at + size > end:
        raise _NotBer
    if tag & _CONSTRUCTED:
        parts, _ = _read_parts(data, at, at + size, depth, until_end=False, inside=in_parts)
        return _of_parts(tag, parts, depth, inside=inside), at + size
    return _whole(tag, data[at : at + size], depth, inside=inside), at + size


def _read_parts(
    data: bytes, at: int, end: int, depth: int, *, until_end: bool, inside: bool
) -> tuple[tuple[_Node, ...], int]:
    parts: list[_Node] = []
    while at < end:
        if until_end and data[at : at + 2] == b"\0\0":
            return tuple(parts), at + 2
        part, at = _read(data, at, end, depth + 1, inside=inside)
        parts.append(part)
    if until_end:
        raise _NotBer
    return tuple(parts), at


def _of_parts(tag: int, parts: tuple[_Node, ...], depth: int, *, inside: bool) -> _Node:
    if tag == _STRING_IN_PARTS:
        return _whole(OCTET_STRING, b"".join(each.body for each in parts), depth, inside=inside)
    return _Node(tag, b"", parts)


def _whole(tag: int, body: bytes, depth: int, *, inside: bool) -> _Node:
    """Return what has no parts; a string in which a sequence lies has that."""
    if not inside or tag != OCTET_STRING or body[:1] != bytes((SEQUENCE,)):
        return _Node(tag, body)
    try:
        found, _ = _read(body, 0, len(body), depth + 1)
    except (_NotBer, IndexError):
        return _Node(tag, body)
    return _Node(tag, body, (found,))
