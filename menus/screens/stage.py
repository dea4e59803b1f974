"""The screens, painted before any operator is there: made once, and gone on with by every fork that serves one.

Invariants: no terminal is touched and nothing is changed before somebody sits down; what is read of an appliance
meanwhile is read again for him. What the forks do not change, they share: the application is laid out, painted and at
rest before the first fork.
"""

import asyncio
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from menus.item import Menu
from menus.screens.at_terminal import serve
from menus.screens.canvas import whole
from menus.screens.console import Console
from menus.screens.desk import Desk
from menus.screens.driver import DEFAULT_SIZE
from menus.screens.editor import Editor
from menus.screens.forkable import ForkableLoop
from menus.screens.look import Look
from menus.screens.menu import converse
from menus.screens.page import Page, lay_out
from menus.screens.seat import TakeSeat
from menus.screens.typed import Typed
from tanos.actor import Actor
from tanos.appliance import Appliance
from tanos.platform import RELEASES, Identity, Role, UserRole

_TURNS = 100
"""Of the event loop, after the first painting: more than anything that the library puts off takes."""


_NOBODY = Actor("", UserRole.TANADMIN, "screens")
_NOWHERE = Appliance(Path("/nonexistent"), Identity("", "", Role.ZONE_SERVER, next(iter(RELEASES.values()))))


class Stage:
    """One application that waits."""

    def __init__(self, root: Menu) -> None:
        """Paint it, for nobody."""
        self._app = Console(None, root)
        self._loop = ForkableLoop()
        self._again: asyncio.Task[None] | None = None
        """A rehearsal for somebody who is about to come."""
        outside = sys.stdout, sys.stderr
        self._performance = self._loop.run(self._rehearse())
        self._inside = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = outside

    async def _rehearse(self) -> "asyncio.Task[int | None]":
        performance = asyncio.create_task(self._app.run_async(mouse=False, size=DEFAULT_SIZE))
        painted = asyncio.create_task(self._app.painted.wait())
        await asyncio.wait({performance, painted}, return_when=asyncio.FIRST_COMPLETED)
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        return performance

    def serve(self, arrival: int, ready: Callable[[], None], seat: TakeSeat, appliance: Appliance = _NOWHERE) -> int:
        """Serve whom `seat` returns, in a fork: once `arrival` is readable, after `ready` was called.

        `appliance` is the one that he will most likely sit at: what reading it needs is made ready.

        Returns the exit status. Raises what `seat` raises, where that is a TanosError: no terminal was touched then.
        """

        async def perform() -> int | None:
            if not _is_readable(arrival):
                await self._rehearse_conversation(appliance)
            self._app.expect(arrival, seat, stirred)
            ready()
            return await self._performance

        def stirred() -> None:
            if not _is_readable(arrival):
                self._again = asyncio.create_task(self._rehearse_conversation(appliance))

        def run() -> int | None:
            with self._captured(), closing(self._loop) as loop:
                return loop.run(perform())

        self._loop.own()
        return serve(self._app, run)

    async def _rehearse_conversation(self, appliance: Appliance) -> None:
        """Have the first page made for nobody, so that this fork has its own copy of what is written at that."""
        display = _Nowhere(self._app)
        desk = Desk(appliance, _NOBODY, self._app.root, Look(), Typed(), display)
        conversation = asyncio.create_task(converse(desk))
        shown = asyncio.create_task(display.shown.wait())
        await asyncio.wait({conversation, shown}, return_when=asyncio.FIRST_COMPLETED)
        conversation.cancel()
        await asyncio.wait({conversation})

    def close(self) -> None:
        """End it: nobody comes any more."""
        with self._captured():
            self._loop.close()

    @contextmanager
    def _captured(self) -> Iterator[None]:
        """Have what is printed go where the application wants it: not onto the screen that it paints."""
        outside = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = self._inside
        try:
            yield
        finally:
            sys.stdout, sys.stderr = outside


def _is_readable(descriptor: int) -> bool:
    return bool(select.select([descriptor], [], [], 0)[0])


class _Nowhere:
    """A screen that nobody sees."""

    def __init__(self, app: Console) -> None:
        self._app = app
        self.shown = asyncio.Event()

    def show(self, page: Page, editor: Editor | None) -> None:
        """Lay the page out, and have all of it painted."""
        width, height = DEFAULT_SIZE
        sheet = lay_out(page, self._app.head, editor, self._app.look, width, height)
        whole(sheet.lines, width, sheet.cursor or (0, 0), self._app.console)
        self.shown.set()

    def paint(self) -> None:
        """Nothing changes there."""

    def repaint(self) -> None:
        """Nothing was painted."""

    def stand_aside(self, text: str) -> None:
        """It shows nothing."""

    def come_back(self) -> None:
        """It was never away."""

    def copy_to_clipboard(self, text: str) -> None:
        """It has none."""
