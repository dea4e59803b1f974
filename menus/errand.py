"""One menu line at the plain face: ask, prepare, confirm, apply, report.

Invariants: nothing is applied that was not shown as a Plan and confirmed by its word; what takes long says so.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from menus.answers import only_asked, yes_or_no
from menus.asking import Left, ask_all, gives_up
from menus.language import speak
from menus.pasted import answer_line
from menus.perform import apply, begin, prepare
from menus.shown import outcome_lines, refusal_lines
from menus.streams import Streams
from menus.walk import Errand
from tanos.actor import Call
from tanos.errors import AnswerRefused, TanosError, WrongUse
from tanos.message import N_, Deed, Message
from tanos.operation import Plan, Result, Tell

T = TypeVar("T")
PATIENCE_SECONDS = 0.1
"""How long a beat may be silent."""


def run_errand(errand: Errand, call: Call, streams: Streams) -> Deed | None:
    """Do what a menu line leads to, from its first question to its report; return what it leads on to."""
    streams.show(["", f"{speak(errand.title)} ({errand.path})"])
    leads_to = None
    try:
        leads_to = _five_beats(errand, call, streams)
    except Left:
        streams.show([speak(N_("Given up. Nothing was changed."))])
        return None
    except KeyboardInterrupt:
        streams.show(["", speak(N_("Cancelled."))])
        return None
    except TanosError as error:
        streams.show(["", *refusal_lines(error, errand.path)])
    return leads_to if streams.source.is_terminal and _goes_on(streams, errand.path, leads_to) else None


def _goes_on(streams: Streams, path: str, leads_to: Deed | None) -> bool:
    """Leave the outcome in sight until it was read; say whether the operator goes on to where it leads."""
    words = N_("Press Enter to go on: ")
    if leads_to:
        words = N_("Press Enter to go on to {line}; R leaves it for later: ", line=leads_to)
    try:
        typed = answer_line(streams, speak(words))
    except AnswerRefused as error:
        streams.show(["", *refusal_lines(error, path)])
        return False
    return typed is not None and not gives_up(typed)


def _five_beats(errand: Errand, call: Call, streams: Streams) -> Deed | None:
    verb = errand.item.verb
    asyncio.run(begin(call, verb))
    answers = ask_all(verb, only_asked(verb, errand.answers), call.appliance, streams)
    outcome = _run(lambda _: prepare(call, verb, answers), N_("Reading and checking …"), streams)
    if not isinstance(outcome, Plan):
        _report(outcome, streams)
        return outcome.leads_to
    done = _done(errand, call, outcome, answers, streams)
    if done:
        _report(done, streams)
    return done.leads_to if done else None


def _done(errand: Errand, call: Call, plan: Plan[Any], answers: dict[str, Any], streams: Streams) -> Result | None:
    """Show the Plan and do it; None where a finding refuses, which is said without the findings of the Plan.

    Where nothing is to do the Result says so.
    """
    refusal = AnswerRefused.because(*plan.findings) if plan.refusals else None
    if refusal or not plan.nothing_to_do:
        streams.show(["", *outcome_lines(plan, refusal)])
    typed = ""
    if not plan.refusals and not plan.nothing_to_do:
        plan, typed = _confirmed(plan, streams)
        if plan.then:
            plan = plan.then(ask_all(errand.item.verb, answers, call.appliance, streams, later=True))
    try:
        return _run(lambda tell: apply(call, errand.item.verb, plan, typed, tell), N_("Working …"), streams)
    except AnswerRefused as error:
        if not plan.refusals:
            raise
        streams.show(["", *refusal_lines(error, errand.path, findings=False)])
        return None


def _confirmed(plan: Plan[Any], streams: Streams) -> tuple[Plan[Any], str]:
    """Return the Plan as it was decided, and its word as typed. Raises Left."""
    decision = plan.decision
    if decision:
        plan = decision.plan(_decided(decision.label, streams))
        if not decision.and_word:
            return plan, plan.confirmation.word
    typed = answer_line(streams, speak(N_("Type {word} to go on: ", word=plan.confirmation.word)))
    if typed is None or not plan.confirmation.given_by(typed):
        raise Left
    return plan, typed


def _decided(label: Message, streams: Streams) -> bool:
    """Ask until it was answered by yes or no; nothing stands for either. Raises Left."""
    while True:
        typed = answer_line(streams, speak(N_("{label} (y/n): ", label=label)))
        if typed is None or gives_up(typed):
            raise Left
        try:
            return yes_or_no(typed)
        except WrongUse as error:
            streams.show([speak(error.message), speak(error.remedy)])


def _report(result: Result, streams: Streams) -> None:
    streams.show(["", *outcome_lines(result)])


def _run(beat: Callable[[Tell], Coroutine[Any, Any, T]], what: Message, streams: Streams) -> T:
    """Run one beat; unless it tells of itself, say `what` once it lasts."""

    def tell(message: Message) -> None:
        waiting.cancel()
        streams.show([speak(message)])

    waiting = threading.Timer(PATIENCE_SECONDS, lambda: streams.show([speak(what)]))
    waiting.daemon = True
    waiting.start()
    try:
        return asyncio.run(beat(tell))
    finally:
        waiting.cancel()
        waiting.join()
