"""The application: paints the page that the conversation shows, and ends when the conversation does.

Invariants: the terminal is given back as it was found, whatever happens; a fault of the program is one sentence and
a reference number to the operator, and its details go to the log. It can be made ready before the operator
is there: whose it is, of which appliance, in which language and on what terminal is only asked when he sits down.
"""

import asyncio
import os
import signal
from collections.abc import Callable
from contextvars import copy_context

from rich.text import Text
from textual.app import ComposeResult
from textual.events import Key as KeyEvent
from textual.events import Resize
from textual.geometry import Offset

from menus.item import Menu
from menus.screens.body import Body
from menus.screens.canvas import Canvas, whole
from menus.screens.desk import Desk
from menus.screens.driver import LeanDriver, terminal_size
from menus.screens.editor import Editor
from menus.screens.guts import QuietApp
from menus.screens.look import Look
from menus.screens.menu import converse
from menus.screens.page import Masthead, Page, lay_out
from menus.screens.seat import TakeSeat
from menus.screens.typed import HungUp, Typed
from menus.shown import timed_out
from sftp.grace import WORK_SECONDS
from tanos.message import N_, Message
from tanos.policy.table import MENU_TIMEOUT

_AFTERWARDS_SECONDS = 0.005
"""From the first page to what nobody waits for: whoever carries the page needs the processor."""
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

    def __init__(self, seat: TakeSeat | None, root: Menu) -> None:
        """Begin with whom `seat` returns; where nobody is there yet, once he whom it will `expect` is."""
        super().__init__(driver_class=LeanDriver, ansi_color=True)
        self.typed = Typed()
        self.canvas = Canvas()
        self.head = Masthead("", "", "")
        self.look = Look()
        self.page: Page | None = None
        self.editor: Editor | None = None
        self.farewell: Message | None = None
        """What is said below the restored screen."""
        self.desk: Desk | None = None
        """Where the operator sits; none is there yet."""
        self.root = root
        self.painted = asyncio.Event()
        """Set once it is ready for an operator who is not there yet."""
        self._seat = seat
        self._here = copy_context()
        """Where it runs, as the library knows it."""
        self._will_paint = False
        self._first = True

    def compose(self) -> ComposeResult:
        """Put the one widget there."""
        yield self.canvas

    def on_mount(self) -> None:
        """Begin the conversation, or be ready for an operator."""
        if self._seat is not None:
            self._listen()
            self._sit_down(self._seat)
            return
        self._here = copy_context()
        self.canvas.paint(lay_out(_empty(), self.head, Editor(), self.look, *self.size).lines)
        whole(self.canvas.lines, self.size.width, (0, 0), self.console)
        self.call_after_refresh(self.painted.set)

    def expect(self, arrival: int, seat: TakeSeat, stirred: Callable[[], None]) -> None:
        """Begin the conversation with whom `seat` returns, once `arrival` is readable.

        Where somebody is only about to come, `stirred` is called.
        """
        loop = asyncio.get_running_loop()

        def arrived() -> None:
            loop.remove_reader(arrival)
            if not self._sit_down(seat):
                loop.add_reader(arrival, arrived)
                stirred()

        self._here.run(self._listen)
        self._here.run(loop.add_reader, arrival, arrived)

    def _listen(self) -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGURG, self.renew)

    def _sit_down(self, take_seat: TakeSeat) -> bool:
        """Begin the conversation, or leave where that cannot be; False where nobody sits down yet."""
        try:
            seat = take_seat()
        except Exception as error:
            self.fault = error
            self.exit(1)
            return True
        if seat is None:
            return False
        self.look = Look.of(os.environ) if seat.look is None else seat.look
        self.encoding = "utf-8" if self.look.unicode else "ascii"
        identity = seat.appliance.identity
        role = N_("{role} · release {release}", role=identity.title, release=str(identity.release))
        self.head = Masthead(identity.fqdn, role, seat.actor.user)
        self.desk = Desk(seat.appliance, seat.actor, self.root, self.look, self.typed, self)
        if self.terminal is not None:
            self.terminal.attach()
        conversation = asyncio.create_task(converse(self.desk))
        asyncio.get_running_loop().call_later(_AFTERWARDS_SECONDS, self._begin_attending, conversation, self.desk)
        return True

    def _begin_attending(self, conversation: asyncio.Task[int], desk: Desk) -> None:
        """Wait for its end; begun after the conversation, whose first page somebody waits for."""
        self.run_worker(self._attend(conversation, desk), exit_on_error=False)

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
        if self._first and self.terminal is not None:
            self._paint_first(self.terminal)
        elif not self._will_paint:
            self._will_paint = True
            self.call_next(self.paint)

    def paint(self) -> None:
        """Lay out and paint what is shown."""
        self._will_paint = False
        if self.page is not None:
            self.canvas.paint(self._lay_out(self.page, self.size.width, self.size.height))

    def _lay_out(self, page: Page, width: int, height: int) -> list[Text]:
        sheet = lay_out(page, self.head, self.editor, self.look, width, height)
        self.cursor_position = Offset(*(sheet.cursor or (0, height - 1)))
        return sheet.lines

    def _paint_first(self, terminal: LeanDriver) -> None:
        """Paint the first page at once and whole; the library, which finds its way to it later, changes nothing."""
        self._first = False
        assert self.page is not None
        width, height = terminal_size(1)
        self.canvas.lines = self._lay_out(self.page, width, height)
        terminal.write(whole(self.canvas.lines, width, self.cursor_position, self.console))
        asyncio.get_running_loop().call_later(_AFTERWARDS_SECONDS, self._settle, terminal, (width, height))

    def _settle(self, terminal: LeanDriver, painted: tuple[int, int]) -> None:
        """Take keys, and have the library find its way to the first page, once that is on its way."""
        terminal.listen()
        if painted == self.size:  # of another size the library will soon be told, and paints it all
            self.canvas.refresh()

    def renew(self) -> None:
        """Show what is true now: the front door says that something changed which every menu shows."""
        if self.page is not None and self.page.renew is not None:
            self.page.renew()
            self.paint()

    def repaint(self) -> None:
        """Paint every row anew."""
        if self.terminal is not None:
            self.terminal.painted = ""
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

    async def _attend(self, conversation: asyncio.Task[int], desk: Desk) -> None:
        gone = asyncio.create_task(self.typed.gone.wait())
        idle = asyncio.create_task(self._idle(desk))
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

    async def _idle(self, desk: Desk) -> None:
        """Leave as at a hangup once nothing was typed for as long as the policy grants."""
        seconds = MENU_TIMEOUT.read(desk.appliance)
        if seconds:
            await self.typed.idle(seconds)
            self.farewell = timed_out(seconds)
            self.typed.hang_up()


def _empty() -> Page:
    """Return a page that takes the same ways through the layout as the menus do, and says nothing."""

    def write(body: Body) -> None:
        body.say("-")
        body.row(("  > ", "bold"), ("-  ", "bold"), ("-", "reverse"))

    return Page(title="-", path="-", write=write, prompt="-", hints="-")
