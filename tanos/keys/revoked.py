"""What signs in nowhere, whoever authorised it: keys, also as authorities, and certificates by serial or key id.

Invariant: one question, one indexed look-up; what is revoked stays so until it is taken off the list by name.
"""

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.store.store import Change

KEY, SERIAL, KEY_ID = "key", "serial", "key-id"


@dataclass(frozen=True, order=True)
class Mark:
    """What is revoked."""

    kind: str
    """`key`, `serial` or `key-id`."""
    value: str
    """`SHA256:…`, a decimal number, or the text that the authority gave."""
    authority: str = ""
    """`SHA256:…` of the authority that signed; empty: of a key, or whoever signed."""

    def __str__(self) -> str:
        said = self.value if self.kind == KEY else f"{self.kind} {self.value}"
        return f"{said} of {self.authority}" if self.authority else said


@dataclass(frozen=True)
class Revoked:
    """One line of the list."""

    name: str
    """`K7`: by which it is taken off."""
    mark: Mark
    reason: str
    added_by: str
    added_at: str
    added_from: str


def revoked(appliance: Appliance) -> list[Revoked]:
    """Return the list, the oldest first."""
    return [_entry(row) for row in appliance.store.rows("SELECT * FROM revoked_keys ORDER BY id")]


def is_revoked(appliance: Appliance, mark: Mark) -> bool:
    """Say whether exactly this stands on the list."""
    sql = "SELECT 1 FROM revoked_keys WHERE kind = ? AND value = ? AND authority = ?"
    return appliance.store.row(sql, mark.kind, mark.value, mark.authority) is not None


def is_revoked_certificate(
    appliance: Appliance, authority: str, serial: int, key_id: str, *, besides: Collection[Mark] = ()
) -> bool:
    """Say whether a certificate of that authority (`SHA256:…`) is revoked, by its serial or its key id.

    `besides` entries that are not looked at. Serial 0 is what unnumbered certificates have, and stands for none.
    """
    marks = [Mark(KEY_ID, key_id, whose) for whose in ("", authority)]
    marks += [Mark(SERIAL, str(serial), whose) for whose in ("", authority) if serial]
    return any(is_revoked(appliance, mark) for mark in marks if mark not in besides)


def revoke(change: Change, call: Call, marks: Collection[Mark], reason: str) -> None:
    """Put on the list what is not there yet."""
    for mark in marks:
        change.execute(
            "INSERT OR IGNORE INTO revoked_keys (kind, value, authority, reason, added_by, added_at, added_from)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            mark.kind,
            mark.value,
            mark.authority,
            reason,
            call.actor.user,
            change.now,
            call.actor.address or call.actor.face,
        )


def unrevoke(change: Change, name: str) -> None:
    """Take one line off the list."""
    change.execute("DELETE FROM revoked_keys WHERE id = ?", int(name[1:]))


def _entry(row: sqlite3.Row) -> Revoked:
    return Revoked(
        f"K{row['id']}",
        Mark(row["kind"], row["value"], row["authority"]),
        row["reason"],
        row["added_by"],
        row["added_at"],
        row["added_from"],
    )
