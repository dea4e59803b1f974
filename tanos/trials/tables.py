"""Trials of a small table whose rows mean something only together, such as rules: all of it is on trial, or nothing.

Invariants: while it is on trial, whatever else is changed in it goes on the same trial, so that what comes back is
what was last confirmed, whole. A row alone must not come back: among others than those it stood with it could keep
out whom it let in.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.store.store import Change
from tanos.trials.trial import Stood, begin, waiting

Row = dict[str, Any]


@dataclass(frozen=True)
class Whole:
    """A table; its kind of trial has the name `kind`, which is what its trial names as changed too."""

    kind: str
    table: str

    def read(self, change: Change) -> list[Row]:
        """Return its rows in their order."""
        sql = f"SELECT * FROM {self.table} ORDER BY rowid"  # noqa: S608 - names of our own schema
        return [dict(row) for row in change.execute(sql).fetchall()]

    def put_back(self, change: Change, _: Appliance, before: Stood, after: Stood) -> bool:
        """Write the rows as they stood; False where others stand there than the trial left.

        Only the columns that it knows of are compared: a newer version may have added one.
        """
        now, left = self.read(change), after["rows"]
        if len(now) != len(left) or any(not was.items() <= row.items() for was, row in zip(left, now, strict=True)):
            return False
        change.execute(f"DELETE FROM {self.table}")  # noqa: S608 - names of our own schema
        for row in before["rows"]:
            marks = ", ".join("?" * len(row))
            sql = f"INSERT INTO {self.table} ({', '.join(row)}) VALUES ({marks})"  # noqa: S608 - as above
            change.execute(sql, *row.values())
        return True


def is_on_trial(appliance: Appliance, whole: Whole) -> bool:
    """Say whether a table is on trial: then any change of it is."""
    return any(trial.kind == whole.kind for trial in waiting(appliance))


@contextmanager
def whole_on_trial(change: Change, call: Call, whole: Whole) -> Iterator[None]:
    """Put on trial what the block does to a table; nothing where it does nothing to it."""
    before = whole.read(change)
    yield
    after = whole.read(change)
    if before != after:
        begin(change, call, whole.kind, {"rows": before}, {"rows": after}, place=whole.kind)
