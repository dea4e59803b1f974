"""A loop whose clock jumps to the next timer where nothing else is to be done: hours pass in a moment."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any

QUIET_SECONDS = 0.003
"""Real time in which everything that is under way between two ends of one process arrives."""


class _Selector(selectors.DefaultSelector):
    skipped = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= QUIET_SECONDS:
            return super().select(timeout)
        found = super().select(QUIET_SECONDS)
        if not found:
            self.skipped += timeout - QUIET_SECONDS
        return found


class TravellingLoop(asyncio.SelectorEventLoop):
    """The loop."""

    def __init__(self) -> None:
        self._travelled = _Selector()
        super().__init__(self._travelled)

    def time(self) -> float:
        """Return the time that seems to have passed."""
        return super().time() + self._travelled.skipped


def travel(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end."""
    with asyncio.Runner(loop_factory=TravellingLoop) as runner:
        runner.run(work)
