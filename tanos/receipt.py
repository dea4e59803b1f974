"""The receipt of an upload: a small text beside the file, made by the appliance, read by whoever sent it.

Invariants: a name that ends in `.receipt` belongs to receipts alone, so that none is ever made of a receipt; a
receipt holds nothing of its file but what identifies it. Its audit id stands in the audit record of the same upload.
"""

import hashlib
import os
import re
import secrets
import unicodedata
from dataclasses import dataclass

from tanos.finding import Finding
from tanos.inert import inert

SUFFIX = ".receipt"
TAKEN, REFUSED = "taken", "refused"
_LONGEST_NAME = 255
_NOT_KNOWN = "-"
_LIKE_RECEIPT = re.compile(r"\.receipt\s*(\.|$)")


def is_receipt(name: str) -> bool:
    """Say whether a file of that name is a receipt."""
    return name.casefold().endswith(SUFFIX)


def looks_like_receipt(name: str) -> bool:
    """Say whether a name could be taken for that of a receipt, or of a part of one, by who reads it."""
    return bool(_LIKE_RECEIPT.search(unicodedata.normalize("NFKC", name).casefold()))


def receipt_of(name: str) -> str:
    """Return the name of the receipt of a file; a long name is cut and told apart by its hash."""
    whole = os.fsencode(name)
    if len(whole) + len(SUFFIX) <= _LONGEST_NAME:
        return name + SUFFIX
    mark = f"~{hashlib.sha256(whole).hexdigest()[:16]}{SUFFIX}"
    return whole[: _LONGEST_NAME - len(mark)].decode("utf-8", "ignore") + mark


def new_audit_id() -> str:
    """Return an id that no other upload has."""
    return f"R-{secrets.token_hex(6)}"


@dataclass(frozen=True)
class Receipt:
    """What is said of one upload."""

    size: int
    """Bytes that arrived."""
    sha256: str
    """Lower-case hexadecimal; empty where it was not kept long enough to be hashed."""
    recognised: str
    """English words."""
    audit_id: str
    time: str
    """UTC, ISO 8601."""
    refusal: Finding | None = None
    check_code: str = ""
    """Of the key in a request or certificate."""
    stays: bool = False
    """An earlier file of this name stays, since this one was refused."""

    @property
    def verdict(self) -> str:
        """`taken`, or `refused` with the id of the finding and its sentences."""
        if self.refusal is None:
            return TAKEN
        return f"{REFUSED} ({self.refusal.id}): {self.sentence}"

    @property
    def sentence(self) -> str:
        """Why it was refused and what to do; empty where it was not."""
        return f"{self.refusal.message} {self.refusal.remedy}" if self.refusal else ""

    @property
    def told(self) -> str:
        """The same in one line, for the audit."""
        return f"{self.size} bytes, {self.recognised}, sha256 {self.sha256 or _NOT_KNOWN}, {self.audit_id}"

    def text(self) -> bytes:
        """Return the file's content: `name: value` lines."""
        lines = {
            "size": str(self.size),
            "sha256": self.sha256 or _NOT_KNOWN,
            "recognised as": self.recognised,
            "check code": self.check_code,
            "verdict": self.verdict,
            "note": "the earlier file of this name stays as it was" if self.stays else "",
            "audit id": self.audit_id,
            "time": self.time,
        }
        return "".join(f"{name}: {value}\n" for name, value in lines.items() if value).encode()


def read_lines(text: bytes) -> dict[str, str]:
    """Return what a receipt says by the names of its lines, inert; empty where it is none."""
    lines = (line.partition(": ") for line in text.decode("utf-8", "replace").splitlines())
    return {inert(name): inert(value) for name, between, value in lines if between}
