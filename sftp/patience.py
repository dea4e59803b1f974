"""Who guesses passwords waits: in line, and longer after each failure.

Invariants: the guesses of one network are checked one after the other, so that guessing side by side is no faster
than one by one; its line is short, and who finds it full is refused unchecked. The delay grows with failures, is
bounded, is forgotten after a while, and never touches those who sign in by key. What is remembered is bounded too, so
that many addresses cannot fill the memory.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum

SHORTEST = 0.25
LONGEST = 8.0
FORGOTTEN_AFTER = 300.0
"""Seconds, all three."""
MOST_IN_LINE = 4
"""Guesses of one network that wait or are checked."""
_MOST_NETWORKS = 4096


class Outcome(Enum):
    """What came of a guess; the value is what the audit says of it."""

    RIGHT = "done"
    WRONG = "wrong-password"
    UNCHECKED = "too-many-guesses"


@dataclass
class _Line:
    length: int = 0
    front: asyncio.Lock = field(default_factory=asyncio.Lock)


class Patience:
    """Failures and waiting guesses by network."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lines: dict[str, _Line] = {}

    async def check(self, network: str, check: Callable[[], Awaitable[bool]]) -> Outcome:
        """Wait in line and for the delay that earlier failures earned, then ask `check`."""
        line = self._lines.setdefault(network, _Line())
        if line.length >= MOST_IN_LINE:
            return Outcome.UNCHECKED
        line.length += 1
        try:
            async with line.front:
                await asyncio.sleep(self.delay(network))
                right = await check()
                if right:
                    self._failures.pop(network, None)
                else:
                    self.remember(network)
                return Outcome.RIGHT if right else Outcome.WRONG
        finally:
            line.length -= 1
            if not line.length:
                del self._lines[network]

    def delay(self, network: str) -> float:
        """Return how long the next guess waits, seconds."""
        failures, last = self._failures.get(network, (0, 0.0))
        if not failures or time.monotonic() - last > FORGOTTEN_AFTER:
            return 0.0
        return float(min(LONGEST, SHORTEST * 2 ** min(failures - 1, 16)))

    def remember(self, network: str) -> None:
        """Count a failure."""
        failures, last = self._failures.pop(network, (0, 0.0))
        now = time.monotonic()
        self._failures[network] = (1 if now - last > FORGOTTEN_AFTER else failures + 1, now)
        while len(self._failures) > _MOST_NETWORKS:
            self._failures.popitem(last=False)
