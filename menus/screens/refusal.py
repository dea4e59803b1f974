"""A refusal: whose turn it is, why, what to do, and that nothing was changed."""

from typing import Any

from menus.screens.body import Body
from menus.screens.desk import Back, Desk
from menus.screens.page import Notice, Page
from menus.screens.plan import write_plan
from menus.screens.report import ahead_of, leads_on
from menus.screens.sections import write_findings
from menus.shown import reference_of, refusal_head, unsaid
from menus.walk import Errand
from tanos.errors import TanosError
from tanos.message import N_
from tanos.operation import Plan

AGAIN = "a"


async def show_refusal(
    desk: Desk, errand: Errand, error: TanosError, plan: Plan[Any] | None = None, *, may_try_again: bool
) -> tuple[bool, str]:
    """Show why, and the `plan` that was refused; return whether to try again, and else what a menu should answer."""
    page = Page(
        title=errand.title,
        path=errand.path,
        write=lambda body: _write(body, error, errand.path, plan),
        is_titled=True,
        prompt=N_("Return goes back "),
        hints=N_("A asks again, with what you gave · Return goes back") if may_try_again else "",
    )
    while True:
        try:
            typed = (await desk.line(page)).strip()
        except Back:
            return False, ""
        if may_try_again and typed.casefold() == AGAIN:
            return True, ""
        if not typed or leads_on(typed):
            return False, ahead_of(typed)
        page.notice = Notice((N_("Return goes back to the menu."),))


def _write(body: Body, error: TanosError, path: str, plan: Plan[Any] | None) -> None:
    words = body.look.words
    body.free()
    body.say(words(refusal_head(error)), "bold red" if body.look.colour else "bold")
    body.say(words(error.message))
    if str(error.remedy):
        body.say(words(N_("What to do: {remedy}", remedy=error.remedy)))
    if plan is None:
        write_findings(body, unsaid(error.findings, error), error.remedy)
        body.blank()
    body.say(words(reference_of(error, path)))
    if plan is not None:
        write_plan(body, plan, error)
