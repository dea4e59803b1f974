"""Changes with a step outside the database: recorded as begun before it, as done with it, judged where they died.

Invariant: while such a step may have happened, the audit has a `begun` record that names it, and the table `begun`
remembers it until a record says how it ended: `done`, or `abandoned` where nothing of it lies there. The step runs
under the store's write lock, so that who judges never sees one in the middle, unless its process died.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from tanos.actor import Call, system_call
from tanos.appliance import Appliance
from tanos.errors import HalfDone, NotYet, TanosError
from tanos.message import N_, Message
from tanos.store.store import Change, record


def nothing_more(change: Change, appliance: Appliance, mark: str) -> None:
    """Complete a record that needs nothing besides itself."""


@dataclass(frozen=True)
class Step:
    """One kind of step outside the database."""

    kind: str
    lies_there: Callable[[Appliance, str, str], bool]
    """Whether what the mark names lies at the place (appliance, place, mark)."""
    complete: Callable[[Change, Appliance, str], None] = nothing_more
    """Writes what belongs to it in the database, once it lies there (change, appliance, mark)."""


@dataclass(frozen=True)
class Doing:
    """What is about to be done."""

    place: str
    """What it changes outside the database; one at a time is open for a place."""
    mark: str
    """What will lie there."""
    about: str
    before: str
    after: str
    check: Callable[[], None] = lambda: None
    """Raises NotYet `stale` where the Plan was overtaken; asked under the lock."""


@contextmanager
def taking(step: Step, call: Call, doing: Doing, undo: Callable[[], None] = lambda: None) -> Iterator[Change]:
    """Do a step in the body; its change commits afterwards.

    A body that raises is `abandoned` in the audit, after `undo`. Raises NotYet `stale`, and HalfDone `not-recorded`
    where the step is done and its record could not be written: the next start writes it.
    """
    appliance = call.appliance
    with appliance.store.change(call) as change:
        doing.check()
        settle(change, appliance, (step,), doing.place)
        _describe(change, doing)
        change.begin(step.kind, doing.place, doing.mark)
    reached = False
    try:
        with appliance.store.change(call) as change:
            doing.check()
            _describe(change, doing)
            if not change.end(step.kind, doing.mark):
                raise _overtaken()
            reached = True
            yield change
            step.complete(change, appliance, doing.mark)
    except BaseException as error:
        undo()
        if reached and step.lies_there(appliance, doing.place, doing.mark):
            if isinstance(error, Exception):
                raise _not_recorded(doing) from error
            raise
        with suppress(TanosError):
            abandon(step, call, doing)
        raise


def abandon(step: Step, call: Call, doing: Doing) -> None:
    """Record that what had begun was not done."""
    with call.appliance.store.change(call) as change:
        _describe(change, doing)
        change.result = "abandoned"
        change.quiet = not change.end(step.kind, doing.mark)


def left_open(appliance: Appliance, place: str) -> bool:
    """Say whether something that changes `place` had begun and has no end."""
    return appliance.store.row("SELECT 1 FROM begun WHERE place = ?", place) is not None


def settle(change: Change, appliance: Appliance, steps: tuple[Step, ...], place: str = "") -> list[Message]:
    """Record the end of what had begun and died (at `place`, or anywhere); return what was found."""
    rows = change.execute(
        "SELECT begun.kind, place, mark, verb, path, user, object, before, after FROM begun JOIN audit"
        " ON audit.id = begun.audit WHERE ? IN ('', place) ORDER BY audit.id",
        place,
    ).fetchall()
    known = {step.kind: step for step in steps}
    return [_settle_one(change, appliance, known[row["kind"]], row) for row in rows if row["kind"] in known]


def _settle_one(change: Change, appliance: Appliance, step: Step, row: sqlite3.Row) -> Message:
    done = step.lies_there(appliance, row["place"], row["mark"])
    if done:
        step.complete(change, appliance, row["mark"])
    change.end(step.kind, row["mark"])
    told = replace(change, about=row["object"], before=row["before"], after=row["after"])
    call = replace(system_call(appliance, row["verb"]), path=row["path"])
    record(told, call, "done" if done else "abandoned")
    user, verb, about = row["user"], row["verb"], row["object"]
    if done:
        return N_(
            "{user} was interrupted at {verb} ({about}): it had been done ({after}), and is recorded now.",
            user=user,
            verb=verb,
            about=about,
            after=row["after"],
        )
    return N_("{user} was interrupted at {verb} ({about}): it was not done.", user=user, verb=verb, about=about)


def _describe(change: Change, doing: Doing) -> None:
    change.about, change.before, change.after = doing.about, doing.before, doing.after


def _overtaken() -> NotYet:
    return NotYet(
        "stale",
        N_("The appliance was started again, or another session did the same, in the meantime."),
        N_("Look at the present state and try again."),
    )


def _not_recorded(doing: Doing) -> HalfDone:
    return HalfDone(
        "not-recorded",
        N_("It is done ({after}), but its record could not be written.", after=doing.after),
        N_("Check free space; the next start completes the record."),
    )
