"""An operator accepts another Tanium Server, denies it for good, or takes trust back.

Rules (seed 004): trust is there once both servers accepted each other; who denies takes the false server out of
service first, since that is final for its root key. Who accepts has compared: he says the six digits of the other
screen, or the fingerprint of its root key; without either nothing is accepted. Three wrong codes, and it waits.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import is_demanded
from tanos.errors import AnswerRefused, NotYet, WrongUse
from tanos.finding import Finding, refuse, warn
from tanos.inert import inert
from tanos.message import N_, Message
from tanos.moments import moment_text
from tanos.operation import NOTHING_TO_DO, Confirmation, Operation, Plan, Result, Tell
from tanos.report import Mark, Say
from tanos.trust.code import is_code, plain_digits
from tanos.trust.kept import Other, every_row, find_other, others, row_of, write_other
from tanos.trust.machine import Standing, State
from tanos.trust.page import ONLY_ANEW, status_of, tile

WRONG_CODE = "wrong-trust-code"
MOST_TRIES, PAUSE = 3, timedelta(minutes=10)
_TRIES = (
    "SELECT COUNT(*) AS count FROM (SELECT time, result FROM audit ORDER BY id DESC LIMIT 1000)"
    " WHERE result = ? AND time > ?"
)


@dataclass(frozen=True)
class Ruling:
    """What will be decided, and about whom."""

    other: Other
    standing: Standing


def check_waiting(appliance: Appliance) -> None:
    """Raise AnswerRefused `no-such-server` where none is known that could be accepted."""
    if not any(each.standing.can_accept for each in others(appliance)):
        raise AnswerRefused(
            "no-such-server",
            N_("No other Tanium Server waits to be accepted here."),
            N_("See which are known: {list}; another one is found by {find}.",
               list=deeds.LIST_SERVERS, find=deeds.FIND_SERVER),
        )  # fmt: skip


async def _prepare_accept(call: Call, *, name: str = "", code: str = "", fingerprint: str = "") -> Plan[Ruling]:
    """Raises WrongUse `needs-fingerprint`; AnswerRefused `no-such-server`, `fingerprint-mismatch`,
    `wrong-trust-code`; NotYet `no-trust-code`, `trust-paused`.
    """
    appliance = call.appliance
    if not code.strip() and not fingerprint.strip():
        raise _bare()
    other = _meant(appliance, name, fingerprint)
    if fingerprint.strip():
        _compare_fingerprint(other, fingerprint)
    elif other.standing.can_accept:
        _compare_code(appliance, other, code)
    if other.standing.i_accepted:
        told = (Say(status_of(other)),)
        return Plan(_title_accept(other), Ruling(other, other.standing), (*tile(other), *told), data=other.as_data(),
                    confirmation=NOTHING_TO_DO)  # fmt: skip
    refused = _denied_already(other) or _unfit(appliance, other)
    then = other.standing if refused else other.standing.accepted()
    following = Say(
        N_("It is trusted then: the other server accepted this one.")
        if then.state is State.TRUSTED
        else N_("It stays pending until this server is accepted on the other one, too.")
    )
    sections = (*tile(other), *(() if refused else (following,)))
    return Plan(_title_accept(other), Ruling(other, then), sections, refused, other.as_data())


async def _prepare_deny(call: Call, *, name: str) -> Plan[Ruling]:
    """Raises AnswerRefused `no-such-server`."""
    other = find_other(call.appliance, name)
    refused = _denied_already(other)
    if other.state is State.TRUSTED:
        message = N_("{fqdn} is trusted.", fqdn=other.fqdn)
        refused = (refuse("trust-in-place", message, N_("Revoke that first: {revoke}.", revoke=deeds.REVOKE_TRUST)),)
    told = warn(
        "trust-final",
        ONLY_ANEW,
        N_("Take the false server out of service first; if it is the right one, leave this."),
    )
    return Plan(
        N_("Deny trust to {fqdn}, for good", fqdn=other.fqdn),
        Ruling(other, other.standing if refused else other.standing.denied()),
        tile(other),
        refused or (told,),
        other.as_data(),
        Confirmation(other.fqdn),
    )


async def _prepare_revoke(call: Call, *, name: str) -> Plan[Ruling]:
    """Raises AnswerRefused `no-such-server`."""
    other = find_other(call.appliance, name)
    refused: tuple[Finding, ...] = ()
    if not other.standing.can_revoke:
        message = N_("{fqdn} is not accepted by this server.", fqdn=other.fqdn)
        refused = (refuse("not-trusted", message, N_("There is nothing to take back.")),)
    ends = warn(
        "trust-revoked",
        N_("The two servers synchronise nothing any more."),
        N_("To have it back, accept on both servers anew."),
    )
    told = (ends,) if other.state is State.TRUSTED else ()
    return Plan(
        N_("Revoke the trust of {fqdn}", fqdn=other.fqdn),
        Ruling(other, other.standing if refused else other.standing.revoked()),
        tile(other),
        refused or told,
        other.as_data(),
    )


async def _apply(call: Call, plan: Plan[Ruling], tell: Tell) -> Result:
    """Write the decision down; the other server hears it at the next exchange. Raises NotYet `stale`."""
    was, then = plan.payload.other, plan.payload.standing
    other = replace(was, standing=then)
    if then != was.standing:
        with call.appliance.store.change(call, about=was.fqdn) as change:
            present = row_of(change, was.key)
            if present is None or (present.key, present.standing) != (was.key, was.standing):
                raise _overtaken()
            if then.i_accepted and _paired(every_row(change), present) is not None:
                raise _overtaken()
            other = replace(present, standing=then)
            write_other(change, present, other, call.actor.user)
            change.before, change.after = f"{was.state} {was.key}", f"{other.state} {was.key}"
    told = _RESULTS.get(other.state)
    said = (Say(told, Mark.OK if other.state is State.TRUSTED else None),) if told else ()
    title = N_("{fqdn}: {state}", fqdn=other.fqdn, state=status_of(other))
    return Result(title, (*tile(other), *said), data=other.as_data())


def _meant(appliance: Appliance, name: str, fingerprint: str) -> Other:
    if name.strip():
        return find_other(appliance, name)
    found = others(appliance)
    if fingerprint.strip():
        return next((each for each in found if _is_its(each, fingerprint)), None) or find_other(
            appliance, fingerprint
        )
    waiting = [each for each in found if each.waits_for_us] or found
    return waiting[0] if len(waiting) == 1 else find_other(appliance, name)


def _is_its(other: Other, fingerprint: str) -> bool:
    return is_demanded(fingerprint, other.check_code, other.key)


def _compare_fingerprint(other: Other, fingerprint: str) -> None:
    if not _is_its(other, fingerprint):
        raise AnswerRefused(
            "fingerprint-mismatch",
            N_("{fqdn} shows the root key fingerprint {key}.", fqdn=other.fqdn, key=other.key),
            N_("Look at it on that server; if it is another one there, this is a false server: {deny}.",
               deny=deeds.DENY_SERVER),
        )  # fmt: skip


def _compare_code(appliance: Appliance, other: Other, code: str) -> None:
    since = moment_text(appliance.clock() - PAUSE)
    row = appliance.store.row(_TRIES, WRONG_CODE, since)
    if row is not None and row["count"] >= MOST_TRIES:
        raise NotYet(
            "trust-paused",
            N_("{count} wrong code was typed.", "{count} wrong codes were typed.", count=row["count"]),
            N_("Compare the fingerprints instead, or wait ten minutes."),
        )
    if not other.code:
        raise NotYet(
            "no-trust-code",
            N_("There are no six digits for {fqdn}.", fqdn=other.fqdn),
            N_("Wait until the two servers have spoken, or compare the fingerprints."),
        )
    if not is_code(code) or plain_digits(code) != other.code:
        raise AnswerRefused(
            WRONG_CODE,
            N_("These are not the six digits for {fqdn}: {code}.", fqdn=other.fqdn, code=inert(code)),
            N_("Read them on the other server. If other digits stand there, somebody stands between the two."),
        )


def _title_accept(other: Other) -> Message:
    return N_("Trust {fqdn}", fqdn=other.fqdn)


def _denied_already(other: Other) -> tuple[Finding, ...]:
    if other.state is not State.DENIED:
        return ()
    return (refuse("trust-denied", N_("{fqdn} is denied.", fqdn=other.fqdn), ONLY_ANEW),)


def _unfit(appliance: Appliance, other: Other) -> tuple[Finding, ...]:
    """Say why it cannot be the other one of this pair."""
    if other.fqdn == appliance.identity.fqdn:
        message = N_("It calls itself {fqdn}, as this server is called.", fqdn=other.fqdn)
        return (refuse("same-name", message, N_("Look which server that is; each has a name of its own.")),)
    paired = _paired(others(appliance), other)
    if paired is None:
        return ()
    if paired.state is State.TRUSTED:
        message = N_("{fqdn} is trusted, and a pair is of two.", fqdn=paired.fqdn)
        remedy = N_("To replace that one: {guide}.", guide=deeds.REPLACE_SERVER)
    else:
        message = N_("{fqdn} was accepted here already, and a pair is of two.", fqdn=paired.fqdn)
        remedy = N_("If that was not the right one, take that back: {revoke}.", revoke=deeds.REVOKE_TRUST)
    return (refuse("already-paired", message, remedy),)


def _paired(found: Iterable[Other], other: Other) -> Other | None:
    """Return which other one was accepted here; it may be trusted any moment, once it accepts, too."""
    return next((each for each in found if each.standing.i_accepted and each.key != other.key), None)


def _bare() -> WrongUse:
    return WrongUse(
        "needs-fingerprint",
        N_("Nothing is accepted that was not compared."),
        N_("Say what the other server shows: its root key fingerprint (--fingerprint), or the six digits (--code)."),
    )


def _overtaken() -> NotYet:
    return NotYet(
        "stale",
        N_("Where the two servers stand changed in the meantime."),
        N_("Look at the present state and decide anew."),
    )


_RESULTS = {
    State.PENDING: N_("Next: the same on the other server; then both trust each other."),
    State.TRUSTED: N_("Both servers trust each other, and synchronise from now on."),
    State.REVOKED: N_("The other server hears it as soon as it is reached."),
}
ACCEPT_SERVER: Operation[Ruling] = Operation(_prepare_accept, _apply)
DENY_SERVER: Operation[Ruling] = Operation(_prepare_deny, _apply)
REVOKE_TRUST: Operation[Ruling] = Operation(_prepare_revoke, _apply)
