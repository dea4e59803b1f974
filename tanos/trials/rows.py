"""Trials of a row: what one transaction did to a row of the database, and how that is undone and nothing else.

Invariant: only what the trial changed, and what still stands as it left it, is put back, column by column. Whoever
changed one of them again since is not overwritten: his change was checked, and recorded, after this one.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.store.store import Change
from tanos.trials.trial import Stood, begin, forget

Values = dict[str, Any]


@dataclass(frozen=True)
class Rows:
    """Rows of one table; `keys` are the columns that find one. Its kind of trial has the name `kind`."""

    kind: str
    table: str
    keys: tuple[str, ...]

    def read(self, change: Change, which: Stood) -> Values | None:
        """Return the row as it stands, None where there is none."""
        sql = f"SELECT * FROM {self.table} WHERE {self._found}"  # noqa: S608 - names of our own schema
        row = change.execute(sql, *self._values(which)).fetchone()
        return dict(row) if row else None

    def put_back(self, change: Change, _: Appliance, before: Stood, after: Stood) -> bool:
        """Undo it; False where nothing stands as the trial left it."""
        now, then, left = self.read(change, before), before["row"], after["row"]
        if then is None:
            return now is not None and _same(now, left) and self._delete(change, before)
        if left is None:
            return now is None and self._insert(change, then)
        return now is not None and self._update(change, before, _to_put_back(now, then, left))

    def _delete(self, change: Change, which: Stood) -> bool:
        sql = f"DELETE FROM {self.table} WHERE {self._found}"  # noqa: S608 - names of our own schema
        change.execute(sql, *self._values(which))
        return True

    def _insert(self, change: Change, row: Values) -> bool:
        by_id = f"SELECT 1 FROM {self.table} WHERE id = ?"  # noqa: S608 - names of our own schema
        taken = "id" in row and change.execute(by_id, row["id"]).fetchone()
        row = {column: value for column, value in row.items() if not (taken and column == "id")}
        marks = ", ".join("?" * len(row))
        sql = f"INSERT INTO {self.table} ({', '.join(row)}) VALUES ({marks})"  # noqa: S608 - names of our own schema
        try:
            change.execute(sql, *row.values())
        except sqlite3.IntegrityError:  # what it belonged to is gone
            return False
        return True

    def _update(self, change: Change, which: Stood, values: Values) -> bool:
        if values:
            given = ", ".join(f"{column} = ?" for column in values)
            sql = f"UPDATE {self.table} SET {given} WHERE {self._found}"  # noqa: S608 - names of our own schema
            change.execute(sql, *values.values(), *self._values(which))
        return bool(values)

    @property
    def _found(self) -> str:
        return " AND ".join(f"{key} = ?" for key in self.keys)

    def _values(self, which: Stood) -> tuple[object, ...]:
        return tuple(which[key] for key in self.keys)


@contextmanager
def on_trial(change: Change, call: Call, rows: Rows, **which: str) -> Iterator[None]:
    """Put on trial what the block does to the row that `which` finds; nothing where it does nothing to it."""
    before = rows.read(change, which)
    yield
    after = rows.read(change, which)
    if before != after:
        begin(change, call, rows.kind, {**which, "row": before}, {"row": after}, place=_place(rows, which))


def overtake(change: Change, rows: Rows, **which: str) -> None:
    """End the trial of a row that `change` decides anew and for good: what was on trial there no longer stands."""
    forget(change, rows.kind, _place(rows, which))


def _place(rows: Rows, which: Mapping[str, str]) -> str:
    return " ".join(which[key] for key in rows.keys)


def _same(row: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(row.get(column) == value for column, value in other.items())


def _to_put_back(now: Values, then: Mapping[str, Any], left: Mapping[str, Any]) -> Values:
    changed = [column for column in then if then[column] != left.get(column)]
    return {column: then[column] for column in changed if now.get(column) == left.get(column)}
