"""Where a conversation meets the screen: it shows a page and takes the next answer, and knows nothing else of it.

Invariants: there is one page and one prompt at a time; an answer is always a line ended by Return; a paste that
nobody awaits is swallowed whole and said, bracketed or not, and so is a flood of lines that mean nothing here. Only
what stays is painted: not what a key typed ahead changes at once.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from menus.item import Menu
from menus.pasted import NOT_AWAITED, is_document
from menus.screens.editor import LIMIT, Editor
from menus.screens.keyboard import Key
from menus.screens.look import Look
from menus.screens.page import Notice, Page
from menus.screens.typed import SILENCE_SECONDS, Typed
from tanos.actor import Actor, Call
from tanos.appliance import Appliance
from tanos.pasting.exposed import exposed, holds_private_key
from tanos.report import Mark

UNKNOWN_LINES = 20
"""Lines without a meaning, typed ahead one after the other; no person goes on."""
_NOT_AWAITED = Notice((NOT_AWAITED,), Mark.WARN)
_EXPOSED = Notice((exposed().message, exposed().remedy), Mark.FAIL)


class Display(Protocol):
    """What paints."""

    def show(self, page: Page, editor: Editor | None) -> None:
        """Paint a page soon."""

    def paint(self) -> None:
        """Lay out and paint what is shown, as it is now."""

    def repaint(self) -> None:
        """Paint everything anew."""

    def stand_aside(self, text: str) -> None:
        """Print on the plain screen below the page."""

    def come_back(self) -> None:
        """Return to the page."""

    def copy_to_clipboard(self, text: str) -> None:
        """Ask the terminal to take `text` into its clipboard."""


@dataclass
class Desk:
    """Everything a page may use."""

    appliance: Appliance
    actor: Actor
    root: Menu
    look: Look
    typed: Typed
    display: Display
    _unknown: int = 0

    def call(self, verb: str, path: str = "") -> Call:
        """Return a call of this operator."""
        return Call(self.appliance, self.actor, verb, path)

    async def line(
        self, page: Page, editor: Editor | None = None, *, live: Callable[[str], None] | None = None
    ) -> str:
        """Show a page and return the line that the operator typed. Raises Back at Escape on an empty line.

        `live` is told the text after each key, for a hint about the line it names.
        """
        editor = editor or Editor()
        while True:
            if not self.typed.ahead:
                if live:
                    live(editor.text)
                self.display.show(page, editor)
            key = await self.typed.key()
            if (key.name == "enter" and _is_pasted(editor)) or len(editor.text) >= LIMIT:
                await self.typed.swallow(SILENCE_SECONDS)
                key_came = not editor.secret and holds_private_key(editor.text.encode())
                page.notice, editor = _EXPOSED if key_came else _NOT_AWAITED, replace(editor, text="")
                continue
            if key.name == "enter":
                return editor.text
            if key.name == "escape" or (key.name == "end-of-input" and not editor.text):
                raise Back
            await self._press(page, editor, key)

    async def unknown(self, notice: Notice) -> Notice:
        """Return what to say of a line that means nothing: `notice`, or of many at once that they were dropped."""
        self._unknown = self._unknown + 1 if self.typed.ahead else 0
        if self._unknown < UNKNOWN_LINES:
            return notice
        self._unknown = 0
        await self.typed.swallow(SILENCE_SECONDS)
        return _NOT_AWAITED

    async def _press(self, page: Page, editor: Editor, key: Key) -> None:
        if key.name == "paste":
            await self.typed.calm()
            inner = key.raw.removeprefix(b"\x1b[200~").removesuffix(b"\x1b[201~")
            if not editor.secret and holds_private_key(inner):
                page.notice = _EXPOSED
            elif not editor.paste(inner):
                page.notice = _NOT_AWAITED
        elif key.name == "interrupt":
            editor.press(replace(key, name="clear"))
        elif key.name == "repaint":
            self.display.repaint()
        elif not editor.press(key):
            _move(page, key.name)


class Back(Exception):
    """The operator wants to go back: one question, or by `R` out of the errand, or by `RR` to the main menu."""

    def __init__(self, typed: str = "") -> None:
        super().__init__()
        self.typed = typed.strip().casefold()

    @property
    def ahead(self) -> str:
        """What the menu should answer: it is where `R` leads to."""
        return self.typed if self.typed == "rr" else ""


def gives_up(typed: str) -> bool:
    """Say whether an answer to a question is the wish to leave it."""
    return typed.strip().casefold() in {"r", "rr"}


def _is_pasted(editor: Editor) -> bool:
    """Tell a line that nobody types. A private key is one, and is neither shown, nor looked for, nor written down."""
    return not editor.secret and is_document(editor.text)


def _move(page: Page, name: str) -> None:
    steps = {"up": -1, "down": 1}
    if name in {"page-up", "page-down"}:
        page.jump += 1 if name == "page-down" else -1
    elif name in steps and page.rows:
        page.follow_focus = True
        start = page.chosen if page.chosen is not None else -1 if steps[name] > 0 else page.rows
        page.chosen = min(max(start + steps[name], 0), page.rows - 1)
    elif name in steps:
        page.top += steps[name]
