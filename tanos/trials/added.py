"""Trials of rows that one change added to a table: they go again together, and none that somebody added since.

Invariant: only the rows that may keep its own operator out are given here. What else the same change added holds for
good: it must not come back because nobody confirmed that.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.store.store import Change
from tanos.trials.trial import Stood, begin

Row = dict[str, Any]


@dataclass(frozen=True)
class Added:
    """A table with an `id`; its kind of trial has the name `kind`."""

    kind: str
    table: str

    def since(self, change: Change, newest: int) -> list[Row]:
        """Return the rows after the one of that id."""
        sql = f"SELECT * FROM {self.table} WHERE id > ? ORDER BY id"  # noqa: S608 - names of our own schema
        return [dict(row) for row in change.execute(sql, newest).fetchall()]

    def newest(self, change: Change) -> int:
        """Return the id of the last row; 0 where there is none."""
        sql = f"SELECT coalesce(max(id), 0) FROM {self.table}"  # noqa: S608 - names of our own schema
        return int(change.execute(sql).fetchone()[0])

    def put_back(self, change: Change, _: Appliance, __: Stood, after: Stood) -> bool:
        """Take the rows away that still stand as they were added; False where none does."""
        stood = False
        for row in after["rows"]:
            found = self.since(change, row["id"] - 1)[:1]
            if found == [row]:
                change.execute(f"DELETE FROM {self.table} WHERE id = ?", row["id"])  # noqa: S608 - as above
                stood = True
        return stood


@contextmanager
def added_on_trial(change: Change, call: Call, added: Added, place: str) -> Iterator[None]:
    """Put on trial the rows that the block adds; nothing where it adds none."""
    newest = added.newest(change)
    yield
    if rows := added.since(change, newest):
        begin(change, call, added.kind, {}, {"rows": rows}, place=place)
