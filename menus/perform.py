"""The one gate that every face passes: offered? allowed? audited? errors to words.

Invariant: no face calls an operation itself. Whatever is refused here leaves an audit record with the id of the
refusal, and nothing but a TanosError ever leaves, so that no traceback can reach an operator. A Plan that was looked
at and not confirmed is no attempt: it leaves no record, whether `--yes` was missing or the word at a menu.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

from menus.item import Answers, Item, Verb
from menus.walk import check_offer
from sftp.grace import confirmed_work
from tanos.actor import Call
from tanos.errors import AnswerRefused, TanosError, WrongUse
from tanos.faults import broken
from tanos.known_keys.judging import listed_at
from tanos.message import N_
from tanos.operation import Inquiry, Plan, Result, Tell, silent
from tanos.trials.ends import due

UNCONFIRMED = "needs-yes"


async def begin(call: Call, verb: Verb) -> None:
    """Refuse what no answer would do, before a menu asks for any. Raises TanosError."""
    if verb.first:
        async with _gate(call, verb):
            check_offer(verb.offer, call, verb.name)
            verb.first(call.appliance)


async def prepare(call: Call, verb: Verb, answers: Answers) -> Plan[Any] | Result:
    """Read and verify; change nothing. An Inquiry has its Result at once.

    A Plan whose `refusals` are not empty may be shown but not applied.
    """
    async with _gate(call, verb):
        check_offer(verb.offer, call, verb.name)
        _put_back_what_is_due(call)
        if isinstance(verb.operation, Inquiry):
            return await verb.operation.read(call, **answers)
        return await verb.operation.prepare(call, **answers)


async def apply(call: Call, verb: Verb, plan: Plan[Any], typed: str, tell: Tell = silent) -> Result:
    """Do what the Plan says, once the operator typed its word; a hangup does not tear it.

    Raises AnswerRefused where a finding refuses, whatever was typed, and WrongUse `needs-yes`.
    """
    with confirmed_work():
        async with _gate(call, verb):
            check_offer(verb.offer, call, verb.name)
            if plan.refusals:
                raise AnswerRefused.because(*plan.findings)
            if not plan.confirmation.given_by(typed):
                raise needs_yes(plan)
            if isinstance(verb.operation, Inquiry):
                raise TypeError(verb.name)
            return await verb.operation.apply(call, plan, tell)


def _put_back_what_is_due(call: Call) -> None:
    """Let nobody look at, or build on, a change whose trial is over: also where no front door runs to end it."""
    with suppress(TanosError):
        due(call.appliance)


def needs_yes(plan: Plan[Any]) -> WrongUse:
    """Return the refusal of a change that nobody confirmed."""
    word = plan.confirmation.word
    remedy = N_("Add --yes.") if word == "yes" else N_("Add --confirm {word}.", word=word)
    return WrongUse(UNCONFIRMED, N_("This wants a confirmation."), remedy, plan.findings)


def turned_away(call: Call, line: tuple[Item, str] | None, error: TanosError) -> None:
    """Audit that a line of the menus (with its chain) was asked for where it is not offered, as of its verb."""
    if line and error.id == "not-offered":
        item, path = line
        error.reference = _refused(replace(call, verb=item.verb.name, path=path), item.verb, error.id)


@asynccontextmanager
async def _gate(call: Call, verb: Verb) -> AsyncIterator[None]:
    try:
        with listed_at(call.appliance.home):
            yield
    except TanosError as error:
        error.reference = _refused(call, verb, error.id)
        raise
    except Exception as error:
        fault = broken(call.appliance.home, f"{verb.name} {call.path}".rstrip(), error)
        audited = _refused(call, verb, fault.id, fault.reference)
        fault.reference = fault.reference or audited
        raise fault from error


def _refused(call: Call, verb: Verb, reason: str, about: str = "") -> str:
    """Audit a refusal and return its reference; what cannot be audited is refused all the same."""
    if reason == UNCONFIRMED or not (verb.changes or reason in {"internal", "not-offered"}):
        return ""
    try:
        return f"A-{call.appliance.store.refused(call, about, reason)}"
    except Exception:
        return ""
