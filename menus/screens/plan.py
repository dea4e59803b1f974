"""The Plan before anything is done: what will happen, what was found, and the word that lets it happen.

Invariant: nothing but the very word goes on; Return alone never does.
"""

from typing import Any

from menus.screens.body import Body
from menus.screens.desk import Back, Desk, gives_up
from menus.screens.page import Notice, Page
from menus.screens.sections import write_findings, write_sections
from menus.walk import Errand
from tanos.message import N_
from tanos.operation import Plan
from tanos.report import Mark


async def confirmed(desk: Desk, errand: Errand, plan: Plan[Any]) -> str:
    """Show the Plan and return the word typed. Raises Back."""
    word = plan.confirmation.word
    page = Page(
        title=errand.title,
        path=errand.path,
        write=lambda body: write_plan(body, plan),
        prompt=N_("Type {word} to go on: ", word=word),
        hints=N_("nothing has been changed yet · R or Esc goes back"),
    )
    while True:
        typed = await desk.line(page)
        if plan.confirmation.given_by(typed):
            return typed
        if gives_up(typed):
            raise Back(typed)
        page.notice = Notice((N_("Nothing was done. It wants the word {word}, whole.", word=word),), Mark.WARN)


def write_plan(body: Body, plan: Plan[Any]) -> None:
    """Write what would happen and what was found."""
    body.free()
    body.say(body.look.words(plan.title), "bold")
    write_sections(body, plan.sections)
    write_findings(body, plan.findings)
