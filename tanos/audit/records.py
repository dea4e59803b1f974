"""Audit records as they are read: found by what they are about, and as lines that a program reads.

Invariants: a line is one JSON object of ASCII, whatever stands in the record. Of several lines each holds the hash of
itself and the one before, so that none can be changed, taken out or put in without the next saying so.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tanos.appliance import Appliance
from tanos.errors import AnswerRefused
from tanos.message import N_
from tanos.moments import moment_text

FIELDS = "id, time, user, role, face, session, address, key, verb, path, object, before, after, result"
CHAIN = "chain"
EXPORTED = "audit.jsonl"
"""The file in which they are handed out."""
Record = Mapping[str, Any]
"""By the names of FIELDS."""


@dataclass(frozen=True)
class Sought:
    """What is looked for; empty: all."""

    about: str = ""
    """A part of what a record is about."""
    verb: str = ""
    """A verb, or its first word."""
    since: str = ""
    """As the store writes a time."""


def sought(about: str, verb: str, since: str) -> Sought:
    """Return what is looked for. Raises AnswerRefused `bad-time`."""
    if not since:
        return Sought(about, verb)
    try:
        moment = datetime.fromisoformat(since.strip())
        moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        raise AnswerRefused(
            "bad-time",
            N_("{time} is no time.", time=since),
            N_("Write it as 2026-11-22 or 2026-11-22T12:00:00Z, in UTC."),
        ) from None
    return Sought(about, verb, moment_text(moment))


def found(appliance: Appliance, wanted: Sought, most: int) -> list[Record]:
    """Return the newest records that fit, the newest first."""
    sql = (
        f"SELECT {FIELDS} FROM audit WHERE (? = '' OR instr(object, ?)) AND time >= ?"  # noqa: S608 - our own names
        " AND (? = '' OR verb = ? OR verb LIKE ? || ' %') ORDER BY id DESC LIMIT ?"
    )
    values = (wanted.about, wanted.about, wanted.since, wanted.verb, wanted.verb, wanted.verb, most)
    return [dict(row) for row in appliance.store.rows(sql, *values)]


def record(appliance: Appliance, reference: str) -> Record:
    """Return the record of a reference (`A-123`). Raises AnswerRefused `no-such-record`."""
    digits = reference.strip().upper().removeprefix("A-")
    number = int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 19 else 0
    row = appliance.store.row(f"SELECT {FIELDS} FROM audit WHERE id = ?", number)  # noqa: S608 - our own names
    if row is not None:
        return dict(row)
    put_away = appliance.store.row("SELECT file FROM audit_archives WHERE ? BETWEEN first AND last", number)
    raise AnswerRefused(
        "no-such-record",
        N_("{reference} was put away into backups/{file}.", reference=f"A-{number}", file=put_away["file"])
        if put_away
        else N_("There is no record {reference}.", reference=reference),
        N_("Whoever has the files of this appliance finds it there.")
        if put_away
        else N_("Write a reference as it was said, such as A-123."),
    )


def lines(records: Iterator[Record] | list[Record], chain: str) -> tuple[bytes, str]:
    """Return the lines of records, of which each goes on from the hash before, and the last hash."""
    written = []
    for each in records:
        chain = chained(each, chain)
        written.append(json.dumps({**each, CHAIN: chain}))
    return "".join(f"{line}\n" for line in written).encode("ascii"), chain


def chained(each: Record, before: str) -> str:
    """Return the hash of a record that follows one whose hash is `before`: SHA-256, hex."""
    return hashlib.sha256(f"{before}\n{json.dumps(dict(each), sort_keys=True)}".encode()).hexdigest()
