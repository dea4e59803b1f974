"""How long the next password from an address has to wait.

Invariant: the delay grows with failures, is bounded, is forgotten after a while, and never touches those who sign in
by key. What is remembered is bounded too, so that many addresses cannot fill the memory.
"""

import asyncio
import time
from collections import OrderedDict

SHORTEST = 0.25
LONGEST = 8.0
FORGOTTEN_AFTER = 300.0
"""Seconds, all three."""
_MOST_ADDRESSES = 4096


class Patience:
    """Failures by address."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def delay(self, address: str) -> float:
        """Return how long the next attempt waits, seconds."""
        failures, last = self._failures.get(address, (0, 0.0))
        if not failures or time.monotonic() - last > FORGOTTEN_AFTER:
            return 0.0
        return float(min(LONGEST, SHORTEST * 2 ** min(failures - 1, 16)))

    async def wait(self, address: str) -> None:
        """Wait it out."""
        await asyncio.sleep(self.delay(address))

    def remember(self, address: str) -> None:
        """Count a failure."""
        failures, last = self._failures.pop(address, (0, 0.0))
        now = time.monotonic()
        self._failures[address] = (1 if now - last > FORGOTTEN_AFTER else failures + 1, now)
        while len(self._failures) > _MOST_ADDRESSES:
            self._failures.popitem(last=False)

    def forgive(self, address: str) -> None:
        """Forget the failures of an address whose user got it right."""
        self._failures.pop(address, None)
