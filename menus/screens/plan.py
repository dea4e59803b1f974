"""The Plan before anything is done: what will happen, what was found, and the word that lets it happen.

Invariant: nothing but the very word goes on, or the answer to its question; Return alone never does.
"""

from typing import Any

from menus.answers import yes_or_no
from menus.screens.body import Body
from menus.screens.desk import Back, Desk, gives_up
from menus.screens.page import Notice, Page
from menus.screens.sections import write_findings, write_sections
from menus.shown import above_and_below, sections_of, unsaid
from menus.walk import Errand
from tanos.errors import TanosError, WrongUse
from tanos.message import N_, Message
from tanos.operation import Plan
from tanos.report import Mark


async def confirmed(desk: Desk, errand: Errand, plan: Plan[Any]) -> tuple[Plan[Any], str]:
    """Show the Plan; return it as it was decided, and the word typed. Raises Back."""
    word, decision = plan.confirmation.word, plan.decision
    page = Page(
        title=errand.title,
        path=errand.path,
        write=lambda body: write_plan(body, plan),
        is_titled=True,
        prompt=N_("{label} (y/n): ", label=decision.label) if decision else _wanted(word),
        hints=N_("nothing has been changed yet · R or Esc goes back"),
    )
    while True:
        typed = await desk.line(page)
        if gives_up(typed):
            raise Back(typed)
        if decision:
            try:
                plan = decision.plan(yes_or_no(typed))
            except WrongUse as error:
                page.notice = Notice((N_("Nothing was done."), error.remedy), Mark.WARN)
                continue
            if not decision.and_word:
                return plan, word
            decision, page.prompt, page.notice = None, _wanted(word), Notice()
            continue
        if plan.confirmation.given_by(typed):
            return plan, typed
        page.notice = Notice((N_("Nothing was done. It wants the word {word}, whole.", word=word),), Mark.WARN)


def _wanted(word: str) -> Message:
    return N_("Type {word} to go on: ", word=word)


def write_plan(body: Body, plan: Plan[Any], refusal: TanosError | None = None) -> None:
    """Write what would happen and what was found, but for what a `refusal` above it has said."""
    above, below = above_and_below(plan)
    above = unsaid(above, refusal) if refusal else above
    body.free()
    body.say(body.look.words(plan.title), "bold")
    write_findings(body, above, refusal.remedy if refusal else None)
    write_sections(body, sections_of(plan))
    write_findings(body, below)
