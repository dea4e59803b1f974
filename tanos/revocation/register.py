"""The register of what this server issued: found by any part of it, the newest first.

Invariant: nothing is taken out of it. An entry of which no certificate is kept is a serial that a crash left without
its signature.
"""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from tanos.appliance import Appliance
from tanos.errors import AnswerRefused
from tanos.inert import inert
from tanos.message import N_, Message

VALID, ENDED, REVOKED, UNFINISHED = "valid", "ended", "revoked", "unfinished"
STATES: dict[str, Message] = {
    VALID: N_("valid"),
    ENDED: N_("ended"),
    REVOKED: N_("revoked"),
    UNFINISHED: N_("unfinished"),
}
_COLUMNS = (
    "serial, kind, subject, names, check_code, issuer_key AS root, not_before, not_after, issued_at,"
    " COALESCE(reason, '') AS reason, COALESCE(revoked_by, '') AS revoked_by, COALESCE(revoked_at, '') AS revoked_at,"
    " CASE WHEN reason IS NOT NULL THEN 'revoked' WHEN certificate = '' THEN 'unfinished'"
    " WHEN not_after < ? THEN 'ended' ELSE 'valid' END AS state"
)
_ALL = f"SELECT {_COLUMNS} FROM issued LEFT JOIN revoked_certificates USING (serial)"  # noqa: S608 - our own names
_FITS = "(instr(serial, upper(?)) OR instr(lower(subject), lower(?)) OR instr(lower(names), lower(?)) OR instr(check_code, upper(?)))"  # fmt: skip # noqa: E501
_NEWEST = " ORDER BY issued_at DESC, serial DESC LIMIT ?"


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
    now, text = appliance.store.now(), search.strip()
    where, values = (f" WHERE {_FITS}", (text, text, text, text)) if text else ("", ())
    return list(map(_entry, appliance.store.rows(_ALL + where + _NEWEST, now, *values, most)))


def count(appliance: Appliance) -> int:
    """Return how many there are."""
    row = appliance.store.row("SELECT COUNT(*) AS count FROM issued")
    return int(row["count"]) if row else 0


def entry(appliance: Appliance, serial: str) -> Entry:
    """Return the one of that serial, however it is written. Raises AnswerRefused `no-such-serial`."""
    row = appliance.store.row(f"{_ALL} WHERE serial = ?", appliance.store.now(), plain_serial(serial))
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


def lines(found: Iterable[Entry]) -> bytes:
    """Return one JSON object a line, ASCII."""
    return "".join(f"{json.dumps(data_of(each))}\n" for each in found).encode("ascii")


def data_of(each: Entry) -> dict[str, Any]:
    """Return one entry for programs."""
    return {name: list(each.names) if name == "names" else getattr(each, name) for name in _FIELDS}


_FIELDS = tuple(each.name for each in fields(Entry))


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(**{**dict(row), "names": tuple(json.loads(row["names"]))})
