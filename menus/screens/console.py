"""The application: paints the page that the conversation shows, and ends when the conversation does.

Invariants: the terminal is given back as it was found, whatever happens; a fault of the program is one sentence and
a reference number to the operator, and its details go to the appliance's log.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Iterable
from functools import partial

from textual.app import ComposeResult
from textual.events import Key as KeyEvent
from textual.events import Resize
from textual.geometry import Offset

from menus.item import Menu
from menus.language import pointing, speak
from menus.screens.canvas import Canvas
from menus.screens.desk import Desk
from menus.screens.driver import LeanDriver, terminal_size
from menus.screens.editor import Editor
from menus.screens.guts import QuietApp
from menus.screens.look import Look
from menus.screens.menu import converse
from menus.screens.page import Masthead, Page, lay_out
from menus.screens.typed import HungUp, Typed
from menus.shown import refusal_lines, timed_out
from menus.ways import menu_line
from sftp.grace import WORK_SECONDS
from tanos.actor import Actor
from tanos.appliance import Appliance
from tanos.faults import broken
from tanos.message import N_, Message
from tanos.policy.table import MENU_TIMEOUT

GRACE_SECONDS = WORK_SECONDS
"""How long work that was confirmed may go on after the terminal is gone."""
_PRESSED = {
    "enter": b"\r",
    "escape": b"\x1b",
    "backspace": b"\x7f",
    "delete": b"\x1b[3~",
    "up": b"\x1b[A",
    "down": b"\x1b[B",
    "right": b"\x1b[C",
    "left": b"\x1b[D",
    "home": b"\x1b[H",
    "end": b"\x1b[F",
    "pageup": b"\x1b[5~",
    "pagedown": b"\x1b[6~",
    "ctrl+c": b"\x03",
    "ctrl+d": b"\x04",
    "ctrl+l": b"\x0c",
    "ctrl+u": b"\x15",
}


class Console(QuietApp):
    """One operator at one terminal."""

    CSS_PATH = "console.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS = []  # noqa: RUF012 - the library's way to say: none
    animation_level = "none"

    def __init__(self, appliance: Appliance, actor: Actor, root: Menu, look: Look) -> None:
        super().__init__(driver_class=LeanDriver, ansi_color=True)
        self.typed = Typed()
        self.encoding = "utf-8" if look.unicode else "ascii"
        self.look = look
        self.canvas = Canvas()
        identity = appliance.identity
        role = N_("{role} · release {release}", role=identity.title, release=str(identity.release))
        self.head = Masthead(identity.fqdn, role, actor.user)
        self.page: Page | None = None
        self.editor: Editor | None = None
        self.farewell: Message | None = None
        """What is said below the restored screen."""
        self._will_paint = False
        self.desk = Desk(appliance, actor, root, look, self.typed, self)

    def compose(self) -> ComposeResult:
        """Put the one widget there."""
        yield self.canvas

    def on_mount(self) -> None:
        """Begin the conversation."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGURG, self.renew)
        self.run_worker(self._converse(), exit_on_error=False)

    def on_key(self, event: KeyEvent) -> None:
        """Take a key of a test's pilot: the driver's own keys never pass here."""
        event.stop()
        event.prevent_default()
        self.typed.feed(_PRESSED.get(event.key) or (event.character or "").encode())

    def on_resize(self, _: Resize) -> None:
        """Lay the page out anew."""
        self.call_after_refresh(self.paint)

    def show(self, page: Page, editor: Editor | None) -> None:
        """Paint a page when there is time; of pages shown in one go only the last is painted."""
        self.page, self.editor = page, editor
        if not self._will_paint:
            self._will_paint = True
            self.call_next(self.paint)

    def paint(self) -> None:
        """Lay out and paint what is shown."""
        self._will_paint = False
        if self.page is None:
            return
        sheet = lay_out(self.page, self.head, self.editor, self.look, self.size.width, self.size.height)
        self.cursor_position = Offset(*(sheet.cursor or (0, self.size.height - 1)))
        self.canvas.paint(sheet.lines)

    def renew(self) -> None:
        """Show what is true now: the front door says that something changed which every menu shows."""
        if self.page is not None and self.page.renew is not None:
            self.page.renew()
            self.paint()

    def repaint(self) -> None:
        """Paint every row anew."""
        self.canvas.lines = []
        self.paint()
        self.refresh()

    def stand_aside(self, text: str) -> None:
        """Print below the page; see LeanDriver."""
        if self.terminal is not None:
            self.terminal.stand_aside(text)

    def come_back(self) -> None:
        """Return to the page."""
        if self.terminal is not None:
            self.terminal.come_back()
        self.repaint()

    async def _converse(self) -> None:
        conversation = asyncio.create_task(converse(self.desk))
        gone = asyncio.create_task(self.typed.gone.wait())
        idle = asyncio.create_task(self._idle())
        try:
            await asyncio.wait({conversation, gone}, return_when=asyncio.FIRST_COMPLETED)
            self.exit(await asyncio.wait_for(conversation, GRACE_SECONDS if gone.done() else None))
        except (HungUp, TimeoutError):
            self.exit(0)
        except Exception as error:
            self.fault = error
            self.exit(1)
        finally:
            for task in (conversation, gone, idle):
                task.cancel()

    async def _idle(self) -> None:
        """Leave as at a hangup once nothing was typed for as long as the policy grants."""
        seconds = MENU_TIMEOUT.read(self.desk.appliance)
        if seconds:
            await self.typed.idle(seconds)
            self.farewell = timed_out(seconds)
            self.typed.hang_up()


def run(appliance: Appliance, actor: Actor, root: Menu) -> int:
    """Serve one operator until sign-out or hangup; return the exit status."""
    look = Look.of(os.environ)
    app = Console(appliance, actor, root, look)
    try:
        with pointing(partial(menu_line, root)):
            status = app.run(mouse=False, size=terminal_size(1))
    except Exception as error:
        app.fault = error
        status = 1
    if app.farewell is not None:
        _say([speak(app.farewell)])
    if app.fault is not None:
        _say(refusal_lines(broken(appliance.home, "screens", app.fault)))
    return 1 if app.fault is not None else status or 0


def _say(lines: Iterable[str]) -> None:
    sys.stderr.write("\r\n".join([*lines, ""]))
