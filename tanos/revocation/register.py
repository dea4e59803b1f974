"""The register of what this server issued: found by any part of it, the newest first.

Invariant: nothing is taken out of it. An entry of which no certificate is kept is a serial that a crash left without
its signature.
"""

import json
import sqlite3
from dataclasses import dataclass, fields
from typing import Any

from tanos.appliance import Appliance
from tanos.errors import AnswerRefused
from tanos.inert import inert
from tanos.message import N_, Message
from tanos.revocation.reasons import ROOT_REVOKED

EXPORTED = "issued.jsonl"
"""The file in which it is handed out."""
VALID, ENDED, REVOKED, UNFINISHED = "valid", "ended", "revoked", "unfinished"
STATES: dict[str, Message] = {
    VALID: N_("valid"),
    ENDED: N_("ended"),
    REVOKED: N_("revoked"),
    UNFINISHED: N_("unfinished"),
}
_VALUES = {
    "serial": "serial",
    "kind": "kind",
    "subject": "subject",
    "names": "json(names)",
    "check_code": "issued.check_code",
    "root": "issuer_key",
    "not_before": "not_before",
    "not_after": "not_after",
    "issued_at": "issued_at",
    "state": (
        "CASE WHEN COALESCE(reason, ended_at) IS NOT NULL THEN 'revoked' WHEN certificate = '' THEN 'unfinished'"
        " WHEN not_after < ?1 THEN 'ended' ELSE 'valid' END"
    ),
    "reason": f"COALESCE(reason, iif(ended_at IS NULL, '', '{ROOT_REVOKED}'))",
    "revoked_by": "COALESCE(revoked_by, ended_by, '')",
    "revoked_at": "COALESCE(revoked_at, ended_at, '')",
}
"""What stands in each field of an entry."""
_FROM = (
    " FROM issued LEFT JOIN revoked_certificates USING (serial)"
    " LEFT JOIN root_keys ON root_keys.check_code = issuer_key AND root_keys.state = 'revoked'"
)
_FITS = (
    " WHERE ?2 = '' OR instr(serial, upper(?2)) OR instr(issued.check_code, upper(?2))"
    " OR instr(lower(subject), lower(?2)) OR instr(lower(names), lower(?2))"
)
_NEWEST = " ORDER BY issued_at DESC, issued.rowid DESC LIMIT ?3"
_COUNT = "SELECT COUNT(*) FROM issued"
_ALL = -1
_ROWS = "SELECT " + ", ".join(f"{value} AS {name}" for name, value in _VALUES.items()) + _FROM
_LINES = "SELECT json_object(" + ", ".join(f"'{name}', {value}" for name, value in _VALUES.items()) + ")" + _FROM


@dataclass(frozen=True)
class Entry:
    """One certificate."""

    serial: str
    kind: str
    """The pair that it is for."""
    subject: str
    names: tuple[str, ...]
    check_code: str
    """Of its key."""
    root: str
    """Check code of the root that signed it."""
    not_before: str
    not_after: str
    issued_at: str
    state: str
    """Of STATES."""
    reason: str
    """Why it is revoked; empty where it is not."""
    revoked_by: str
    revoked_at: str


def entries(appliance: Appliance, search: str, most: int) -> list[Entry]:
    """Return the newest whose serial, subject, names or check code have `search` in them; empty: all."""
    rows = appliance.store.rows(_ROWS + _FITS + _NEWEST, appliance.store.now(), search.strip(), most)
    return list(map(_entry, rows))


def lines(appliance: Appliance, search: str) -> list[str]:
    """Return the same, all of them, each as one line of JSON that the database writes."""
    rows = appliance.store.rows(_LINES + _FITS + _NEWEST, appliance.store.now(), search.strip(), _ALL)
    return [line for (line,) in rows]


def count(appliance: Appliance, search: str = "") -> int:
    """Return how many fit."""
    text = search.strip()
    row = appliance.store.row(_COUNT + _FITS, "", text) if text else appliance.store.row(_COUNT)
    return int(row[0]) if row else 0


def entry(appliance: Appliance, serial: str) -> Entry:
    """Return the one of that serial, however it is written. Raises AnswerRefused `no-such-serial`."""
    row = appliance.store.row(_ROWS + " WHERE serial = ?2", appliance.store.now(), plain_serial(serial))
    if row is None:
        raise AnswerRefused(
            "no-such-serial",
            N_("No certificate of serial {serial} was issued here.", serial=inert(serial)[:80]),
            N_("List what was issued here, and give the whole serial."),
        )
    return _entry(row)


def plain_serial(text: str) -> str:
    """Return a serial as the register has it: hexadecimal digits may be parted by colons or spaces."""
    digits = text.strip().upper().replace(":", "").replace(" ", "").removeprefix("0X").lstrip("0")
    return digits.zfill(len(digits) + len(digits) % 2)


def data_of(each: Entry) -> dict[str, Any]:
    """Return one entry for programs."""
    return {name: list(each.names) if name == "names" else getattr(each, name) for name in _FIELDS}


_FIELDS = tuple(each.name for each in fields(Entry))


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(**{**dict(row), "names": tuple(json.loads(row["names"]))})
