"""What one server says to another of the trust between them: read only as a whole, of a bounded size, and proved.

Invariants: what is signed are the very bytes that travel, with words before them that begin no certificate; each of
the roots that the record names signed it, which proves that one server holds them all, and nothing more. Each is
called after that server, since clients and zone servers tell by its name whose a root is. Everything in it came from
outside: each field has a form and a bound.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tanos.certificates.check_code import fingerprint
from tanos.certificates.list_names import root_name
from tanos.certificates.loaded import read_every_part
from tanos.certificates.root import examine_root, is_signed_by
from tanos.certificates.root_names import name_of_root, number_of
from tanos.certificates.signed_words import STATEMENT
from tanos.errors import AnswerRefused, TanosError
from tanos.finding import refusals
from tanos.identity import checked_fqdn, checked_name
from tanos.message import N_
from tanos.moments import moment_text
from tanos.platform import RELEASES
from tanos.trust.code import NONCE_BYTES
from tanos.trust.machine import Decision, Stance

LARGEST = 8 * 1024
"""Bytes of a record."""
MOST_ROOTS, MOST_NAMED, MOST_ROUNDS = 2, 16, 9999
LARGEST_ROOT = 1024
"""Bytes: what is said to clients, or to zone servers, has room for those of both servers."""
_FORMAT = "tanos trust 1"
_HEAD = b"trust between servers\0"
_HASH_DIGITS = 64
_FIELDS = frozenset(
    {
        "format", "name", "fqdn", "release", "at", "roots", "ended", "about", "said", "held", "commitment", "nonce",
        "knows",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Record:
    """Where a server stands towards another."""

    name: str
    fqdn: str
    release: str
    at: str
    roots: tuple[x509.Certificate, ...]
    """Its active roots; by the first of them it is known."""
    ended: frozenset[str]
    """Fingerprints of those that it says are its own and revoked."""
    about: str
    """Fingerprint of the root by which it knows the other; empty: it does not know whom it speaks to."""
    said: Stance
    held: Stance
    """What it holds of the other's stance."""
    commitment: str
    nonce: str
    """Empty until the other is bound to a number, too."""
    knows: frozenset[str]
    """Fingerprints of the other's roots that it knows."""

    @property
    def key(self) -> str:
        """Fingerprint of the root by which it is known."""
        return fingerprint(self.roots[0])


def statement_of(record: Record) -> bytes:
    """Return what each of its roots states."""
    words = {
        "format": _FORMAT,
        "name": record.name,
        "fqdn": record.fqdn,
        "release": record.release,
        "at": record.at,
        "roots": [b64encode(each.public_bytes(Encoding.DER)).decode() for each in record.roots],
        "ended": sorted(record.ended),
        "about": record.about,
        "said": [record.said.round, record.said.decision.value],
        "held": [record.held.round, record.held.decision.value],
        "commitment": record.commitment,
        "nonce": record.nonce,
        "knows": sorted(record.knows),
    }
    return _HEAD + json.dumps(words, sort_keys=True, separators=(",", ":")).encode()


def sealed(statement: bytes, signatures: Sequence[bytes]) -> bytes:
    """Return a record as it travels, with a signature for each root in its order."""
    return b" ".join(map(b64encode, signatures)) + b"\n" + statement.removeprefix(_HEAD)


def read_record(data: bytes, now: datetime) -> Record:
    """Return the record that was sent, once its signatures are proved.

    Raises AnswerRefused `bad-trust-record`, `other-server-name`, and for roots that are none `not-a-root`,
    `weak-key`, `not-yet-valid` …
    """
    line, parted, statement = data[: LARGEST + 1].partition(b"\n")
    if len(data) > LARGEST or not parted:
        raise _bad()
    try:
        record = _read(json.loads(statement))
        signatures = [b64decode(each, validate=True) for each in line.split(b" ")]
        for root, signature in zip(record.roots, signatures, strict=True):
            if not is_signed_by(root, signature, STATEMENT + _HEAD + statement):
                raise InvalidSignature
    except (InvalidSignature, ValueError, KeyError, TypeError, OverflowError, RecursionError, TanosError) as error:
        raise _bad() from error
    found = [finding for root in record.roots for finding in refusals(examine_root(root, now))]
    if found:
        raise AnswerRefused.because(*found)
    for root in record.roots:
        if not _is_called_after(root, record):
            raise other_name(record.fqdn, root_name(root))
    return record


def other_name(fqdn: str, other: str) -> AnswerRefused:
    """Return what is said of a server that takes another name than its own."""
    return AnswerRefused(
        "other-server-name",
        N_("{fqdn} calls itself {other} now.", fqdn=fqdn, other=other),
        N_("A server keeps its name as long as its root key: look who answers there."),
    )


def _is_called_after(root: x509.Certificate, record: Record) -> bool:
    name = name_of_root(record.name, record.fqdn, number_of(root_name(root)))
    return root.subject == x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _read(words: Any) -> Record:
    if not isinstance(words, dict) or words.keys() != _FIELDS or words["format"] != _FORMAT:
        raise ValueError
    ders = [b64decode(_text(each), validate=True) for each in _list(words["roots"], MOST_ROOTS)]
    roots = tuple(map(read_every_part, ders))
    if not roots or max(map(len, ders)) > LARGEST_ROOT or words["release"] not in RELEASES:
        raise ValueError
    return Record(
        checked_name(_text(words["name"])),
        checked_fqdn(_text(words["fqdn"])),
        words["release"],
        _moment(words["at"]),
        roots,
        _hashes(words["ended"]),
        _hash(words["about"]),
        _stance(words["said"]),
        _stance(words["held"]),
        _digits(words["commitment"], _HASH_DIGITS),
        _digits(words["nonce"], 2 * NONCE_BYTES),
        _hashes(words["knows"]),
    )


def _text(value: object, longest: int = LARGEST) -> str:
    if not isinstance(value, str) or len(value) > longest:
        raise ValueError
    return value


def _list(value: object, most: int) -> list[object]:
    if not isinstance(value, list) or len(value) > most:
        raise ValueError
    return value


def _moment(value: object) -> str:
    moment = datetime.fromisoformat(_text(value, 32))
    if moment.tzinfo is None:
        raise ValueError
    return moment_text(moment)


def _digits(value: object, length: int) -> str:
    text = _text(value, length)
    if text and (len(text) != length or text != bytes.fromhex(text).hex()):
        raise ValueError
    return text


def _hash(value: object) -> str:
    text = _text(value)
    if text and text != bytes.fromhex(_digits(text.replace(":", "").lower(), _HASH_DIGITS)).hex(":").upper():
        raise ValueError
    return text


def _hashes(value: object) -> frozenset[str]:
    return frozenset(filter(None, map(_hash, _list(value, MOST_NAMED))))


def _stance(value: object) -> Stance:
    number, decision = _list(value, 2)
    if type(number) is not int or not 0 <= number <= MOST_ROUNDS:
        raise ValueError
    return Stance(number, Decision(_text(decision)))


def _bad() -> AnswerRefused:
    return AnswerRefused(
        "bad-trust-record",
        N_("This is no record of another server about trust, or it arrived damaged."),
        N_("Look whether the address is that of a Tanium Server of release 7.4."),
    )
