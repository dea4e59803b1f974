"""What the Tanium Server says to clients of 7.4: signed, so that no server between can say anything else.

A *message* is signed by a message-signing key below a root, a *letter* by a root itself: it tells who trusts no other
root which ones follow it. Invariants: what is signed are the very bytes that travel, with words before them that no
certificate begins with; a message is of a number that only grows.

Rule (seed 001): clients refuse what is unsigned, or signed by a revoked key.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from tanos.certificates.check_code import check_code
from tanos.certificates.request_shape import UNREADABLE
from tanos.certificates.root import is_self_signed, is_signed_by, may_issue
from tanos.certificates.signed_words import LARGEST, LETTER, MESSAGE

MOST_ROOTS, MOST_ENDED, LONGEST_NAME = 8, 256, 256
MOST_NUMBER = 1 << 63
Value = int | str


class BadMessage(ValueError):
    """It is not believed; its text says why, an id."""


class Said(NamedTuple):
    """What a server says."""

    server: str
    number: int
    roots: tuple[x509.Certificate, ...]
    """All that are to be trusted from now on."""
    ended: frozenset[str]
    """Check codes of roots that are not to be trusted again."""
    revoked: frozenset[str]
    """Identifiers, hexadecimal, of keys below a root that are revoked."""
    settings: Mapping[str, Value]


class Signed(NamedTuple):
    """A message or letter as it travels, but for its envelope."""

    body: bytes
    signature: bytes
    certificate: bytes
    """DER, of the key that signed a message; empty: it is a letter."""


def body_of(said: Said) -> bytes:
    """Return what is signed, the same bytes for the same words. Raises ValueError where it is too long."""
    words = {
        "server": said.server,
        "number": said.number,
        "roots": [b64encode(each.public_bytes(Encoding.DER)).decode() for each in said.roots],
        "ended": sorted(said.ended),
        "revoked": sorted(said.revoked),
        "settings": dict(said.settings),
    }
    body = json.dumps(words, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    if len(body) > LARGEST:
        raise ValueError("too long")
    return body


def as_frame(signed: Signed) -> dict[str, str]:
    """Return it as it travels."""
    return {name: b64encode(each).decode() for name, each in signed._asdict().items()}


def from_frame(frame: object) -> Signed:
    """Return what a frame holds. Raises BadMessage `unsigned`."""
    try:
        if not isinstance(frame, Mapping):
            raise BadMessage("unsigned")
        texts = [frame.get(name, "") for name in Signed._fields]
        if any(not isinstance(each, str) or len(each) > 2 * LARGEST for each in texts):
            raise BadMessage("unsigned")
        signed = Signed(*(b64decode(each, validate=True) for each in texts))
    except ValueError as error:
        raise BadMessage("unsigned") from error
    if not signed.signature or len(signed.body) > LARGEST:
        raise BadMessage("unsigned")
    return signed


def said_by_key(signed: Signed, certificate: x509.Certificate) -> Said:
    """Return what a message says that the key of `certificate` signed. Raises BadMessage."""
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise BadMessage("signature-wrong")
    try:
        key.verify(signed.signature, MESSAGE + signed.body, ec.ECDSA(SHA256()))
    except InvalidSignature as error:
        raise BadMessage("signature-wrong") from error
    return _read(signed.body)


def said_by_root(signed: Signed, roots: Sequence[x509.Certificate]) -> tuple[Said, x509.Certificate]:
    """Return what a letter of one of `roots` says, and of which. Raises BadMessage."""
    for root in roots:
        if is_signed_by(root, signed.signature, LETTER + signed.body):
            return _read(signed.body), root
    raise BadMessage("signature-wrong")


def unverified(signed: Signed) -> Said:
    """Return what a letter says that was verified before it was kept. Raises BadMessage."""
    return _read(signed.body)


def _read(body: bytes) -> Said:
    """Return what a body says that was signed: whoever signed it may be broken all the same. Raises BadMessage."""
    try:
        words = json.loads(body)
        json.dumps(words, ensure_ascii=False).encode()  # half a character can be neither kept nor told
        roots = tuple(_root(each) for each in words["roots"][: MOST_ROOTS + 1])
        ended, revoked = _names(words["ended"]), _names(words["revoked"])
        settings = {str(name): each for name, each in words["settings"].items() if isinstance(each, Value)}
        said = Said(str(words["server"]), int(words["number"]), roots, ended, revoked, settings)
    except (*UNREADABLE, KeyError, AttributeError, RecursionError, OverflowError) as error:
        raise BadMessage("not-understood") from error
    is_one = 1 <= len(roots) <= MOST_ROOTS and 0 <= said.number < MOST_NUMBER and len(said.server) <= LONGEST_NAME
    if not is_one or ended & {check_code(root.public_key()) for root in roots}:
        raise BadMessage("not-understood")
    return said


@lru_cache(maxsize=64)
def _root(text: str) -> x509.Certificate:
    root = x509.load_der_x509_certificate(b64decode(text, validate=True))
    if not is_self_signed(root) or not may_issue(root):
        raise ValueError("no root")
    return root


def _names(values: Any) -> frozenset[str]:
    if len(values) > MOST_ENDED or not all(isinstance(each, str) and len(each) <= LONGEST_NAME for each in values):
        raise ValueError("too much")
    return frozenset(values)
