"""The Result: what is true now, with evidence, and texts to copy.

Invariant: a text to copy can be had whole in three ways, by eye and selection, by the terminal's clipboard, and as
plain print below the page, where no screen cuts or wraps it.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from menus.screens.body import Body
from menus.screens.desk import Back, Desk, gives_up
from menus.screens.following import following
from menus.screens.page import Notice, Page
from menus.screens.sections import write_findings, write_sections
from menus.shown import as_read
from menus.walk import Errand
from menus.ways import chain_of
from tanos.inert import inert
from tanos.message import N_
from tanos.operation import Result
from tanos.report import CopyText, Mark, Words

COPY, PRINT = "c", "p"
Again = Callable[[], Coroutine[Any, Any, Result]]


async def show_result(desk: Desk, errand: Errand, result: Result, again: Again | None = None) -> str:
    """Show a result until the operator goes on; return what he typed for a menu, or nothing.

    `again` reads the same anew, where the verb says that its page follows what it shows.
    """
    shown = {"now": result}
    page = Page(
        title=errand.title,
        path=errand.path,
        write=lambda body: _write(body, shown["now"]),
        is_titled=True,
        prompt=N_("Return goes on "),
        hints=N_("renewed by itself while you look") if again else _hints(result),
    )
    if again is None:
        return await _answered(desk, page, result)
    with following(desk, page, errand.item.verb.follow, again, lambda read: shown.update(now=read)):
        return await _answered(desk, page, result)


async def _answered(desk: Desk, page: Page, result: Result) -> str:
    copies = _copies(result)
    while True:
        try:
            typed = (await desk.line(page)).strip()
        except Back:
            return ""
        if copies and typed.casefold() == COPY:
            page.notice = _copied(desk, copies)
        elif copies and typed.casefold() == PRINT:
            await _printed(desk, copies)
        elif not typed and result.leads_to:
            return chain_of(desk.root, result.leads_to)
        elif not typed or leads_on(typed):
            return ahead_of(typed)
        else:
            page.notice = Notice((N_("Return goes on to the menu."),))


def _copies(result: Result) -> list[CopyText]:
    return [section for section in result.sections if isinstance(section, CopyText)]


def _hints(result: Result) -> Words:
    if result.leads_to:
        return N_("Return goes on to {line} · R leaves it for later", line=result.leads_to)
    return N_("C copies to the clipboard, if your terminal allows · P prints it plainly") if _copies(result) else ""


def leads_on(typed: str) -> bool:
    """Say whether a menu can answer it: back, the main menu, or a chain."""
    return gives_up(typed) or "-" in typed.strip("-")


def ahead_of(typed: str) -> str:
    """Return what of it the menu should answer: `R` leads to the menu itself."""
    return "" if typed.casefold() == "r" else typed


def _write(body: Body, result: Result) -> None:
    sections = as_read(result.sections)
    if sections and isinstance(sections[0], CopyText):
        write_sections(body, sections, result.title)
    else:
        body.free()
        body.say(body.look.words(result.title), "bold")
        write_sections(body, sections)
    write_findings(body, result.findings)


def _copied(desk: Desk, copies: list[CopyText]) -> Notice:
    if not desk.look.clipboard:
        return Notice((N_("This terminal has no clipboard. P prints the text plainly."),), Mark.WARN)
    desk.display.copy_to_clipboard("\n".join(copy.text for copy in copies))
    return Notice((N_("Sent to the clipboard. Your terminal may not allow it: compare after pasting."),), Mark.OK)


async def _printed(desk: Desk, copies: list[CopyText]) -> None:
    """Print below the page, for the scrollback, and wait for Return."""
    text = "\n"
    for copy in copies:
        lines = "\n".join(inert(line) for line in copy.text.splitlines())
        text += f"{desk.look.words(copy.title)}\n{copy.check_code}\n\n{lines}\n\n"
    desk.display.stand_aside(desk.look.letters(text) + desk.look.words(N_("Return goes back to the page ")))
    try:
        while (await desk.typed.key()).name not in {"enter", "escape"}:
            pass
    finally:
        desk.display.come_back()
