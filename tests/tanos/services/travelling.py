"""A loop whose clock jumps to the next timer where nothing else is to be done: hours pass in a moment.

Nothing is left to be done once every byte that one end of this process sent has arrived at the other: the system says
so of each socket.
"""

import asyncio
import fcntl
import selectors
import struct
import termios
from collections.abc import Coroutine
from typing import Any

QUIET_SECONDS = 0.002


class _Selector(selectors.DefaultSelector):
    skipped = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= QUIET_SECONDS:
            return super().select(timeout)
        found = super().select(QUIET_SECONDS)
        if not found and not any(map(_is_under_way, self.get_map().values())):
            found = super().select(0)
            self.skipped += 0.0 if found else timeout - QUIET_SECONDS
        return found


def _is_under_way(key: selectors.SelectorKey) -> bool:
    if key.events & selectors.EVENT_WRITE:
        return True
    try:
        (unsent,) = struct.unpack("i", fcntl.ioctl(key.fd, termios.TIOCOUTQ, bytes(4)))
    except OSError:
        return False
    return bool(unsent)


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
