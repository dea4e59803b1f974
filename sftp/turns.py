"""Who carries files gives way to who presses keys: both go through the one thread of the front door.

Invariants: no connection has the thread for longer than one read of the system's takes, whoever else waits or not.
For as long as somebody presses keys, files come no quicker than leaves the processors to the menu that answers, here
and, since a client can send no quicker either, in the process that writes them down.
"""

import asyncio
import math

SLICE = 64 * 1024
"""Bytes that one connection brings before it is another's turn."""
RATE = 16 * 1024 * 1024
"""Bytes a second of one connection, while somebody presses keys."""
PRESSING_SECONDS = 1.0
"""How long after a key the next is expected."""


class Turns:
    """Whether somebody presses keys at one door."""

    def __init__(self) -> None:
        self._pressed = -math.inf

    def press(self, now: float) -> None:
        """Take that a key came; `now` in seconds that never go back."""
        self._pressed = now

    def wait(self, size: int, now: float) -> float:
        """Return how many seconds to wait after `size` bytes of a file."""
        return size / RATE if now - self._pressed < PRESSING_SECONDS else 0.0


class Carrier:
    """Takes turns for one connection that brings files."""

    def __init__(self, turns: Turns, link: asyncio.ReadTransport) -> None:
        self._turns = turns
        self._link = link
        self._loop = asyncio.get_running_loop()
        self._brought = 0
        self._waits = False

    def bring(self, size: int) -> None:
        """Take that `size` bytes came; those that are here already come too, and then it is another's turn."""
        self._brought += size
        if self._brought >= SLICE and not self._waits and not self._link.is_closing():
            self._waits = True
            self._link.pause_reading()
            self._loop.call_soon(self._wait)

    def _wait(self) -> None:
        seconds = self._turns.wait(self._brought, self._loop.time())
        self._brought = 0
        if seconds:
            self._loop.call_later(seconds, self._go_on)
        else:
            self._go_on()

    def _go_on(self) -> None:
        self._waits = False
        if not self._link.is_closing():
            self._link.resume_reading()
