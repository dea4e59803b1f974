"""One errand, in the five beats: ask, prepare, confirm, apply, report.

Invariant: the operations are reached through the gate alone, and what an operator gave is kept for another try
until the errand is done or given up.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from menus.perform import apply, begin, prepare
from menus.screens.desk import Back, Desk
from menus.screens.form import Form
from menus.screens.plan import confirmed
from menus.screens.refusal import show_refusal
from menus.screens.report import Again, show_result
from menus.screens.run import Cancelled, attend
from menus.walk import Errand
from tanos.errors import TanosError
from tanos.message import N_
from tanos.operation import Plan, Result


async def run_errand(desk: Desk, errand: Errand) -> str:
    """Do what a chosen line leads to; return what was typed at its end that a menu should answer."""
    form = Form(desk, errand)
    while True:
        refused: Plan[Any] | None = None
        try:
            await begin(desk.call(errand.item.verb.name, errand.path), errand.item.verb)
            answers = await form.answers()
            outcome = await _prepared(desk, errand, answers)
            if isinstance(outcome, Plan):
                refused = outcome if outcome.refusals else None
                outcome = await _done(desk, errand, outcome, partial(form.later, answers))
            return await show_result(desk, errand, outcome, _again(desk, errand, answers))
        except Back as back:
            return back.ahead
        except Cancelled:
            return ""
        except TanosError as error:
            again, typed = await show_refusal(desk, errand, error, refused, may_try_again=form.asked_something)
            if not again:
                return typed


def _again(desk: Desk, errand: Errand, answers: dict[str, Any]) -> Again | None:
    """Return what reads anew what is shown, where the verb says that it is followed."""
    verb = errand.item.verb
    call = desk.call(verb.name, errand.path)

    async def read() -> Result:
        outcome = await prepare(call, verb, answers)
        assert isinstance(outcome, Result), verb.name
        return outcome

    return read if verb.follow else None


async def _prepared(desk: Desk, errand: Errand, answers: dict[str, Any]) -> Plan[Any] | Result:
    verb = errand.item.verb
    call = desk.call(verb.name, errand.path)
    return await attend(desk, errand, lambda _: prepare(call, verb, answers), N_("Reading and checking …"))


async def _done(
    desk: Desk, errand: Errand, plan: Plan[Any], ask_later: Callable[[], Awaitable[dict[str, Any]]]
) -> Result:
    """Do it once its word was typed; nobody is asked where a finding refuses or nothing is to do."""
    verb = errand.item.verb
    call = desk.call(verb.name, errand.path)
    typed = ""
    if not plan.refusals and not plan.nothing_to_do:
        plan, typed = await confirmed(desk, errand, plan)
        plan = plan.then(await ask_later()) if plan.then else plan
    return await attend(desk, errand, lambda tell: apply(call, verb, plan, typed, tell), N_("Working …"))
