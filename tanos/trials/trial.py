"""A change on trial: it holds at once, and goes back at its deadline unless a new sign-in confirms it.

Invariants: what stood before is written in the transaction of the change itself, so that no death leaves a change
that can keep people out without its way back. One place is on trial once: changed again, the trial begins anew and
still goes back to what was last confirmed. A number is never given twice, so that it tells what
began after it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from sqlite3 import Row
from typing import Any

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.moments import moment_text
from tanos.policy.table import CONFIRM_MINUTES
from tanos.store.store import Change

Stood = Mapping[str, Any]
"""What a kind needs to put something back; goes through JSON, may hold what must not be shown."""
ON_TRIAL = "on-trial"
"""The result of such a change in its audit record."""
STEP_BACK = timedelta(minutes=1)
"""A clock that was set back by more than this, beyond the beginning, ends a trial: its deadline is worth nothing."""


@dataclass(frozen=True)
class Trial:
    """One change that waits to be confirmed."""

    number: int
    kind: str
    place: str
    """What was changed, as its audit record names it."""
    before: Stood
    after: Stood
    user: str
    """Whose session changed it."""
    begun_at: str
    deadline: str

    @property
    def name(self) -> str:
        """Return how operators name it: no line number of a list looks like it."""
        return f"T{self.number}"

    def minutes_left(self, now: datetime) -> int:
        """Return the minutes until it goes back, rounded up; 0 when that is due."""
        seconds = (datetime.fromisoformat(self.deadline) - now).total_seconds()
        return max(0, -int(-seconds // 60))

    def is_due(self, now: datetime) -> bool:
        """Say whether it has to go back."""
        return now >= datetime.fromisoformat(self.deadline) or now + STEP_BACK < datetime.fromisoformat(self.begun_at)


def begin(
    change: Change, call: Call, kind: str, before: Stood, after: Stood | None = None, *, place: str = ""
) -> None:
    """Put what `change` does on trial: `before` is what the kind puts back, `after` what it left, `place` what it
    changed (at first what the change is about)."""
    place = place or change.about
    earlier = change.execute("SELECT before FROM trials WHERE kind = ? AND place = ?", kind, place).fetchone()
    forget(change, kind, place)
    if earlier and _is_back(json.loads(earlier["before"]), after or {}):
        return
    deadline = datetime.fromisoformat(change.now) + timedelta(minutes=CONFIRM_MINUTES.read(call.appliance))
    change.execute(
        "INSERT INTO trials (kind, place, before, after, user, begun_at, deadline) VALUES (?, ?, ?, ?, ?, ?, ?)",
        kind,
        place,
        earlier["before"] if earlier else json.dumps(dict(before)),
        json.dumps(dict(after or {})),
        call.actor.user,
        change.now,
        moment_text(deadline),
    )
    change.result = ON_TRIAL if change.result == "done" else change.result


def waiting(appliance: Appliance) -> list[Trial]:
    """Return every change on trial, the newest first: the order in which they go back."""
    return [_trial(row) for row in appliance.store.rows("SELECT * FROM trials ORDER BY number DESC")]


def newest(appliance: Appliance) -> int:
    """Return the number of the newest change on trial there ever was; 0 where there was none."""
    row = appliance.store.row("SELECT max(seq) AS newest FROM sqlite_sequence WHERE name = 'trials'")
    return int(row["newest"] or 0) if row else 0


def take(change: Change, number: int) -> Trial | None:
    """Take a trial off the list, to end it within `change`; None where somebody else has ended it."""
    row = change.execute("DELETE FROM trials WHERE number = ? RETURNING *", number).fetchone()
    return _trial(row) if row else None


def forget(change: Change, kind: str, place: str) -> None:
    """End what is on trial at a place, because `change` decides it anew; its record tells of that."""
    change.execute("DELETE FROM trials WHERE kind = ? AND place = ?", kind, place)


def _is_back(before: Stood, after: Stood) -> bool:
    """Say whether a change has undone by hand what was on trial."""
    return bool(after) and all(before.get(name) == value for name, value in after.items())


def _trial(row: Row) -> Trial:
    return Trial(
        row["number"],
        row["kind"],
        row["place"],
        json.loads(row["before"]),
        json.loads(row["after"]),
        row["user"],
        row["begun_at"],
        row["deadline"],
    )
