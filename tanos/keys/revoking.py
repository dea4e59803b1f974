"""Revoke keys and certificates, list what is revoked, take something off the list again.

Invariant: revoking locks nobody out: what may hit the key of the present session, or its certificate, is on trial,
and that alone; the last way in of all tanadmins stays. What was checked for the Plan is checked again inside the
transaction.
"""

from dataclasses import dataclass

from tanos.actor import Call
from tanos.dropbox import read_incoming
from tanos.errors import AnswerRefused
from tanos.finding import Finding, note
from tanos.inert import inert
from tanos.keys.authorized import authorized_key, may_be_own, ways_in
from tanos.keys.last_way import last_way_in
from tanos.keys.revocations import read_revocations
from tanos.keys.revoked import KEY, Mark, Revoked, is_revoked, revoke, revoked, unrevoke
from tanos.keys.trial_rows import REVOCATION
from tanos.message import N_
from tanos.operation import NOTHING_TO_DO, YES, Inquiry, Operation, Plan, Result, Tell
from tanos.report import Fact, Facts, Say, Section, Table
from tanos.trials.added import added_on_trial
from tanos.trials.announced import how_to_keep_it, on_trial_warning

_SHOWN = 20
"""Entries of a Plan; more are counted."""
_MOST_REASON = 200


@dataclass(frozen=True)
class Revocation:
    """What will be revoked, and why."""

    marks: tuple[Mark, ...]
    reason: str


async def read_list(call: Call) -> Result:
    """List what is revoked."""
    entries = revoked(call.appliance)
    heads = (N_("No."), N_("What"), N_("Authorized for"), N_("Reason"), N_("By"), N_("Since"), N_("From"))
    whose = {each.name: _authorized_for(call, each.mark) for each in entries}
    rows = tuple(
        (
            each.name,
            str(each.mark),
            _told(whose[each.name]),
            each.reason,
            each.added_by,
            each.added_at,
            each.added_from,
        )
        for each in entries
    )
    data = [{**_data(each), "authorized_for": whose[each.name]} for each in entries]
    return Result(N_("Revoked keys"), (Table(heads, rows, N_("Nothing is revoked.")),), data={"revoked": data})


async def prepare_add(
    call: Call, *, what: str, file: str, text: bytes, authority: str, reason: str
) -> Plan[Revocation]:
    """Read what is given. Raises as `read_revocations` and `read_incoming`, `last-way-in`."""
    raw = what.encode() if what.strip() else read_incoming(call.appliance, file) if file.strip() else text
    given = read_revocations(raw, authority)
    marks = tuple(mark for mark in given if not is_revoked(call.appliance, mark))
    _refuse_lock_out(call, marks)
    return Plan(
        N_("Revoke: it signs in nowhere any more, whoever authorised it"),
        Revocation(marks, inert(" ".join(reason.split()))[:_MOST_REASON]),
        (*_shown(call, marks), Say(N_("Sessions that these opened end."))) if marks else (),
        (*_known(len(given) - len(marks)), *_own_warning(call, marks)),
        {"revoked": [str(mark) for mark in marks]},
        YES if marks else NOTHING_TO_DO,
    )


async def apply_add(call: Call, plan: Plan[Revocation], tell: Tell) -> Result:
    """Put it on the list. Raises AnswerRefused `last-way-in`."""
    marks = plan.payload.marks
    own = _own(call, marks)
    if marks:
        with call.appliance.store.change(call, about=_about(marks)) as change:
            _refuse_lock_out(call, marks)
            revoke(change, call, [mark for mark in marks if mark not in own], plan.payload.reason)
            with added_on_trial(change, call, REVOCATION, f"{_about(own)}, {change.now}"):
                revoke(change, call, own, plan.payload.reason)
            change.after = plan.payload.reason
    title = N_("Revoked: {count} entry.", "Revoked: {count} entries.", count=len(marks))
    return Result(title, (how_to_keep_it(),) if own else (), data=plan.data)


async def prepare_remove(call: Call, *, entry: str) -> Plan[Revoked]:
    """Find the entry. Raises AnswerRefused `no-such-entry`."""
    found = _find(call, entry)
    return Plan(
        N_("Take it off the list: where it is authorised, it signs in again"), found, _entry(found), data=_data(found)
    )


async def apply_remove(call: Call, plan: Plan[Revoked], tell: Tell) -> Result:
    """Take it off the list. Raises AnswerRefused `no-such-entry`."""
    with call.appliance.store.change(call, about=str(plan.payload.mark)) as change:
        found = _find(call, plan.payload.name)
        unrevoke(change, found.name)
        change.before = found.reason
    return Result(N_("It is no longer revoked."), _entry(plan.payload), data=_data(plan.payload))


def _refuse_lock_out(call: Call, marks: tuple[Mark, ...]) -> None:
    keys = [mark.value for mark in marks if mark.kind == KEY]
    if ways_in(call.appliance) and not ways_in(call.appliance, without=keys):
        raise last_way_in(
            call.appliance,
            N_("No way into the console would be left: no password is set and no other key will last."),
            N_("Add another key first."),
            without=keys,
        )


def _own(call: Call, marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
    """Return those that may take away what the present session came in by."""
    user, key = call.actor.user, call.actor.key
    certified = bool(key) and authorized_key(call.appliance, user, key) is None

    def may_hit(mark: Mark) -> bool:
        if mark.kind == KEY:
            return bool(key) and (mark.value == key or may_be_own(call, user, mark.value))
        return certified and (not mark.authority or may_be_own(call, user, mark.authority))

    return tuple(mark for mark in marks if may_hit(mark))


def _own_warning(call: Call, marks: tuple[Mark, ...]) -> tuple[Finding, ...]:
    if not _own(call, marks):
        return ()
    reason = N_("You are signed in with what is revoked, or may be: a key, or a certificate.")
    return (on_trial_warning(call.appliance, reason),)


def _shown(call: Call, marks: tuple[Mark, ...]) -> tuple[Section, ...]:
    """Return the entries, and whose authorised keys they are."""
    rows = tuple((inert(str(mark)), _told(_authorized_for(call, mark))) for mark in marks[:_SHOWN])
    more = len(marks) - len(rows)
    table = Table((N_("What"), N_("Authorized for")), rows, N_("Nothing is revoked."))
    return (table, Say(N_("and {count} more entry", "and {count} more entries", count=more))) if more else (table,)


def _authorized_for(call: Call, mark: Mark) -> list[dict[str, str]]:
    """Return the users as whom a key would sign in, and its comment there."""
    if mark.kind != KEY:
        return []
    sql = "SELECT user, comment FROM authorized_keys WHERE fingerprint = ? ORDER BY user"
    return [dict(row) for row in call.appliance.store.rows(sql, mark.value)]


def _told(users: list[dict[str, str]]) -> str:
    return ", ".join(each["user"] + (f" ({each['comment']})" if each["comment"] else "") for each in users)


def _known(count: int) -> tuple[Finding, ...]:
    if not count:
        return ()
    said = N_("{count} entry is on the list already.", "{count} entries are on the list already.", count=count)
    return (note("already-revoked", said, N_("Nothing needs to be done about it.")),)


def _about(marks: tuple[Mark, ...]) -> str:
    first = ", ".join(str(mark) for mark in marks[:_SHOWN])
    return inert(first if len(marks) <= _SHOWN else f"{first} and {len(marks) - _SHOWN} more")


def _find(call: Call, name: str) -> Revoked:
    for each in revoked(call.appliance):
        if name.strip().casefold() in {each.name.casefold(), each.mark.value.casefold()}:
            return each
    raise AnswerRefused(
        "no-such-entry",
        N_("No entry {name} stands on the list of revoked keys.", name=inert(name)[:80]),
        N_("List it, and give the number of an entry."),
    )


def _entry(entry: Revoked) -> tuple[Section, ...]:
    rows = [Fact(N_("What"), inert(str(entry.mark))), Fact(N_("Revoked by"), entry.added_by)]
    rows += [Fact(N_("Since"), entry.added_at), Fact(N_("Reason"), entry.reason or N_("none"))]
    return (Facts(tuple(rows)),)


def _data(entry: Revoked) -> dict[str, object]:
    mark = entry.mark
    return {
        "entry": entry.name,
        "kind": mark.kind,
        "value": mark.value,
        "authority": mark.authority,
        "reason": entry.reason,
        "added_by": entry.added_by,
        "added_at": entry.added_at,
        "added_from": entry.added_from,
    }


LIST_REVOKED = Inquiry(read_list)
REVOKE: Operation[Revocation] = Operation(prepare_add, apply_add)
UNREVOKE: Operation[Revoked] = Operation(prepare_remove, apply_remove)
