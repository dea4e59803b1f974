"""Rotating a root key step by step (seed 001): which step is done, which is next, and until when one waits.

Invariant: nothing is remembered for it: each step is read from what is true now, so that it can be left at any time,
and taken up by anybody.

Rules: pki.db is sealed once; root keys are backed up whenever they change; a week passes between the next key and the
end of the former one, none where that is compromised.
"""

from dataclasses import dataclass
from datetime import datetime

from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.message import N_, Deed, Message
from tanos.operation import Inquiry, Result
from tanos.report import Say, Table
from tanos.roots.backup import backed_up_at
from tanos.roots.kept import Root, rotating
from tanos.roots.page import OLD, WEEK, made
from tanos.roots.sealed import is_sealed

DONE, DUE, LATER = "done", "due", "later"
_STATES = {DONE: N_("done"), DUE: N_("due"), LATER: N_("later")}


@dataclass(frozen=True)
class Step:
    """One step."""

    id: str
    what: Message
    state: str
    told: Message
    deed: Deed | None = None


async def _guide(call: Call) -> Result:
    """Raises Damaged `pki-damaged`."""
    steps = steps_now(call.appliance)
    due = next((each for each in steps if each.state == DUE), None)
    rows = tuple((str(number), each.what, each.told) for number, each in enumerate(steps, start=1))
    table = Table((N_("step"), N_("what"), N_("state")), rows, empty=N_("Nothing."))
    deed = due.deed if due else None
    proceed = (Say(N_("Next: {what}.", what=deed)),) if deed else ()
    hurry = Say(N_("Where a root key is compromised nothing is waited for: make the next one, revoke that one."))
    return Result(
        N_("Rotating a root key, step by step"),
        (table, *proceed, hurry),
        data={
            "steps": [{"id": each.id, "state": each.state, "told": str(each.told)} for each in steps],
            "next": deed.verb if deed else None,
        },
        leads_to=deed,
    )


def steps_now(appliance: Appliance) -> list[Step]:
    """Return the steps as they stand. Raises Damaged `pki-damaged`."""
    active, sealed, backed_up = rotating(appliance), is_sealed(appliance), backed_up_at(appliance)
    now = appliance.clock()
    is_open = len(active) > 1
    wanted = is_open or (bool(active) and now - made(active[-1]) > OLD)
    steps = [
        Step("seal", N_("seal pki.db by a password"), *_done_or_due(N_("sealed"), done=sealed), deeds.SEAL_ROOTS),
        Step("backup", N_("back up the root keys of now"), *_backed_up(backed_up), deeds.BACK_UP_ROOTS),
        _create(active, is_open=is_open, wanted=wanted),
    ]
    return [*steps, _wait(active, now), _revoke(active, now)]


def _backed_up(at: str) -> tuple[str, Message]:
    return (DONE, N_("done, {time}", time=at)) if at else (DUE, _STATES[DUE])


def _done_or_due(told: Message, *, done: bool) -> tuple[str, Message]:
    return (DONE, told) if done else (DUE, _STATES[DUE])


def _create(active: list[Root], *, is_open: bool, wanted: bool) -> Step:
    what = N_("make the next root key")
    if is_open:
        told = N_("done: {name}, {time}", name=active[-1].server_value, time=active[-1].made_at)
        return Step("create", what, DONE, told, deeds.CREATE_ROOT)
    if wanted or not active:
        return Step("create", what, DUE, _STATES[DUE], deeds.CREATE_ROOT)
    told = N_("by {date}, or whenever you like", date=(made(active[-1]) + OLD).date().isoformat())
    return Step("create", what, LATER, told, deeds.CREATE_ROOT)


def _wait(active: list[Root], now: datetime) -> Step:
    what = N_("wait until all have their new keys")
    if len(active) < 2:
        return Step("wait", what, LATER, _STATES[LATER])
    until = made(active[-1]) + WEEK
    if now >= until:
        return Step("wait", what, DONE, N_("done, since {date}", date=until.date().isoformat()))
    return Step("wait", what, DUE, N_("until {date}", date=until.date().isoformat()), deeds.LIST_KEYS)


def _revoke(active: list[Root], now: datetime) -> Step:
    what = N_("revoke the former root key")
    if len(active) < 2:
        return Step("revoke", what, LATER, _STATES[LATER])
    former = active[0]
    if now >= made(active[-1]) + WEEK:
        told = N_("due: {name}", name=former.server_value)
        return Step("revoke", what, DUE, told, deeds.REVOKE_ROOT.of(former.check_code))
    return Step("revoke", what, LATER, N_("later: {name}", name=former.server_value))


GUIDE_ROTATION = Inquiry(_guide)
