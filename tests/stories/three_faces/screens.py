"""The screens: a real `ssh` in a terminal of 80 by 24 that tmux reads; pages are turned until all was seen."""

import time
from contextlib import ExitStack

from menus.demo.terminal import Terminal
from menus.lab.layout import Lab as LabLayout
from tests.stories.three_faces.lab import Lab
from tests.stories.three_faces.newer import NEWER
from tests.stories.three_faces.page import Page, Row, read
from tests.stories.three_faces.seen import Seen, split_refusal
from tests.stories.three_faces.step import DECLINED, DONE, Kept, Memory, Step

PATIENCE_SECONDS = 60
DECISION = "Create a backup of the pair in use in /outgoing (y/n):"
LOOK_SECONDS = 0.02
NAMES = ("ts1", "zs1", "ms1", NEWER)
_PRINTED = {Kept.PEM, Kept.SSH_KEY}


class Window(Terminal):
    """A terminal that is looked at only while nothing is being painted."""

    def page(self, *prompts: str, old: Page | None = None) -> Page:
        """Wait until the prompt begins with one of `prompts`; given an `old` page, until it is another."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            seen = Page(self._painted())
            if seen.prompt.startswith(prompts) and (old is None or _is_next(seen, old)):
                return seen
            assert time.monotonic() < deadline, f"{self.name} never showed {prompts}:\n{seen}"
            time.sleep(LOOK_SECONDS)

    def body(self, page: Page) -> tuple[str, ...]:
        """Return all lines of a page, turning it from its first to its last."""
        return read(self._rows(page))

    def _rows(self, page: Page) -> tuple[Row, ...]:
        if page.scroll is None:
            return page.lines
        while page.scroll and page.scroll[0] > 1:
            self.press("PPage")
            page = self.page(page.prompt, old=page)
        found = dict(page.numbered)
        while page.scroll and page.scroll[1] < page.scroll[2]:
            self.press("NPage")
            page = self.page(page.prompt, old=page)
            found.update(page.numbered)
        return tuple(line for _, line in sorted(found.items()))

    def printed(self) -> str:
        """Have texts to copy printed below the page, and return them."""
        self._run("clear-history")
        self.type("P")
        self.wait_for("Return goes back to the page")
        text = self.scroll()
        self.type("")
        self.page("Return goes on")
        return text

    def _painted(self) -> str:
        """Return the screen with its colours; the cursor hides while a page is being painted."""
        while True:
            words = ("capture-pane", "-p", "-e", ";", "display-message", "-p", "#{cursor_flag}")
            text, _, flag = self._run(*words).rstrip("\n").rpartition("\n")
            if flag == "1":
                return text
            time.sleep(LOOK_SECONDS)


def _is_next(seen: Page, old: Page) -> bool:
    """Say whether what stands there is another page, and not the old one with an answer typed into it."""
    return seen.prompt == old.prompt and seen.rows != old.rows


class ScreensFace:
    """An operator with a terminal at each appliance."""

    name = "screens"

    def __init__(self, lab: Lab) -> None:
        layout = LabLayout(lab.directory, NAMES)
        self._windows = {name: Window(layout, name) for name in NAMES}
        with ExitStack() as stack:
            for window in self._windows.values():
                stack.enter_context(window)
            self._open = stack.pop_all()

    def do(self, step: Step, memory: Memory) -> Seen:
        """Do one step, from the menu where the window stands to a menu."""
        window = self._windows[step.where]
        menu = window.page("Select:")
        to_main = ("RR",) if "-" not in step.chain else ()
        for line in (*to_main, step.chain, *step.typed):
            window.type(line.format(**memory))
        if step.ends == "not-offered":
            return Seen(refusal=window.page("Select:", old=menu).notice)
        if step.paste:
            window.wait_for("Paste the", "Esc gives up.")
            window.paste(step.paste.format(**memory) + "\n")
        asked = DECISION if step.decides else f"Type {step.confirm} to go on:"
        page = window.page(*((asked,) if step.confirm else ()), "Return goes ")
        plan: tuple[str, ...] = ()
        if not page.prompt.startswith("Return goes"):
            assert page.prompt == asked, page
            plan = window.body(page)
            if step.ends == DECLINED:
                return _left(window, plan, "" if step.decides else "no")
            for line in (step.decides or step.confirm, *step.later):
                window.type(line.format(**memory))
            page = window.page("Return goes ")
        return _ended(step, window, plan, page)

    def anew(self, where: str) -> None:
        """Open the window again."""
        window = self._windows[where]
        window.__exit__(None, None, None)
        window.__enter__()

    def close(self) -> None:
        """Close the windows."""
        self._open.close()


def _left(window: Window, plan: tuple[str, ...], another: str) -> Seen:
    """Type another word than the one that is wanted, or nothing, and go back."""
    window.type(another)
    window.type("R")
    window.page("Select:")
    return Seen(plan)


def _ended(step: Step, window: Window, plan: tuple[str, ...], page: Page) -> Seen:
    said = window.body(page)
    kept = "\n".join(said)
    if _PRINTED & set(step.keeps.values()):
        kept += window.printed()
    window.type("R")
    window.page("Select:")
    if step.ends == DONE:
        assert page.prompt.startswith("Return goes on"), "\n".join(said)
        return Seen(plan, said, kept=kept)
    assert page.prompt == "Return goes back", "\n".join(said)
    beside, refusal = split_refusal(said)
    return Seen(plan or beside, refusal=refusal)
