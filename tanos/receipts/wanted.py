"""Which uploads `/incoming` takes, and how much of them.

Invariants: a private key is refused whatever else is allowed, but under the names at which a key is awaited, where
it is the file's purpose. What administrators decided is read together, and passed to the process that receives,
which cannot read the database.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tanos.appliance import Appliance
from tanos.certificates.pair_kinds import SOAP, SSL
from tanos.finding import Finding, refuse
from tanos.message import N_
from tanos.pasting.exposed import exposed
from tanos.policy.table import INCOMING_FILES, INCOMING_KNOWN_ONLY, INCOMING_LARGEST, INCOMING_MEGABYTES
from tanos.receipts.recognised import Kind

AWAITED_KEYS = tuple(name for kind in (SOAP, SSL) for name in (kind.key, *kind.packed))
"""Names under which a private key comes by /incoming, because a menu line asks for it so."""
MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Wanted:
    """What is taken."""

    most_bytes: int = INCOMING_MEGABYTES.default * MEGABYTE
    """Of all files and parts together."""
    most_files: int = INCOMING_FILES.default
    largest: int = INCOMING_LARGEST.default * MEGABYTE
    """Bytes of one file."""
    known_only: bool = bool(INCOMING_KNOWN_ONLY.default)

    def line(self) -> bytes:
        """Return it as one line."""
        return json.dumps(asdict(self)).encode() + b"\n"


def read_wanted(appliance: Appliance) -> Wanted:
    """Return what was decided. Raises TanosError where it cannot be read."""
    return Wanted(
        INCOMING_MEGABYTES.read(appliance) * MEGABYTE,
        INCOMING_FILES.read(appliance),
        INCOMING_LARGEST.read(appliance) * MEGABYTE,
        bool(INCOMING_KNOWN_ONLY.read(appliance)),
    )


def wanted_from(line: bytes) -> Wanted:
    """Return what `line` says. Raises ValueError, KeyError or TypeError."""
    said: Mapping[str, Any] = json.loads(line)
    return Wanted(
        int(said["most_bytes"]), int(said["most_files"]), int(said["largest"]), known_only=bool(said["known_only"])
    )


def refusal_of(name: str, kind: Kind, wanted: Wanted) -> Finding | None:
    """Return why a file that arrived whole is not wanted; None where it is."""
    if kind is Kind.PRIVATE_KEY:
        return None if name in AWAITED_KEYS else exposed().findings[0]
    if kind is Kind.UNKNOWN and wanted.known_only:
        return refuse(
            "not-wanted",
            N_(
                "/incoming takes certificate requests, certificates, public keys, banners and packages; this is none."
            ),
            N_("Check that you sent the right file; an administrator decides what is taken."),
        )
    return None


def too_large(wanted: Wanted) -> Finding:
    """Return the refusal of a file that is too long."""
    return refuse(
        "too-large",
        N_("It is larger than {limit} bytes, which is the most that is taken here.", limit=wanted.largest),
        N_("Check that you sent the right file; an administrator decides how long a file may be."),
    )
