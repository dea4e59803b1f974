"""An operator at the screens without a terminal: types bytes, reads lines, waits for words and never for time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from menus.item import Menu
from menus.screens.console import Console
from menus.screens.look import Look
from menus.screens.seat import Seat
from tanos.actor import Actor
from tanos.appliance import Appliance
from tanos.platform import UserRole
from tests.conftest import ZS1, bare_appliance
from tests.menus.screens.small_tree import SMALL, done

PATIENCE_SECONDS = 60.0


class Sitting:
    """One operator."""

    def __init__(self, app: Console, appliance: Appliance, pilot: "Pilot[int]") -> None:
        self.app = app
        self.appliance = appliance
        self._pilot = pilot

    def type(self, text: str | bytes) -> None:
        """Send keys, all in one write."""
        self.app.typed.feed(text if isinstance(text, bytes) else text.encode())

    @property
    def lines(self) -> list[str]:
        """What is on the screen, without the blanks at line ends."""
        return [line.plain.rstrip() for line in self.app.canvas.lines]

    @property
    def screen(self) -> str:
        """The same as one text."""
        return "\n".join(self.lines)

    async def resizes(self, columns: int, rows: int) -> None:
        """Make the terminal another size and wait until the page is laid out for it."""
        await self._pilot.resize_terminal(columns, rows)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self.lines) != rows:  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    async def sees(self, *words: str) -> str:
        """Wait until all `words` are on the screen; return it."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not all(word in self.screen for word in words) and self.app.fault is None:  # noqa: ASYNC110 - paint sets no event
                await asyncio.sleep(0.005)
        if self.app.fault is not None:
            raise self.app.fault
        return self.screen

    async def leaves(self) -> int:
        """Wait until the console has ended; return its status."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.app.return_value is None:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        return self.app.return_value


@asynccontextmanager
async def sitting(
    home: Path,
    root: Menu = SMALL,
    look: Look | None = None,
    size: tuple[int, int] = (80, 24),
    role: UserRole = UserRole.TANADMIN,
) -> AsyncIterator[Sitting]:
    """Sit down at a Zone Server's console."""
    done.clear()
    appliance = bare_appliance(home / "zs1", ZS1)
    seat = Seat(appliance, Actor("tanadmin", role, "screens"), look or Look())
    app = Console(lambda: seat, root)
    async with app.run_test(size=size) as pilot:
        yield Sitting(app, appliance, pilot)
    appliance.store.close()
    assert app.fault is None
