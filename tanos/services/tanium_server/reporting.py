"""What clients report, on its way to the supervisor: many in one question, one question at a time.

Invariants: of each client the latest report is the one that goes; what waits is bounded, however many clients come
while the supervisor writes. What is lost with this process comes again with the next registration.
"""

import asyncio
from collections.abc import Iterator
from typing import Any

from tanos.services.frames import LONGEST, Frame, frame_bytes
from tanos.services.line import Line, LineLost

MOST_WAITING, MOST_AT_ONCE = 16384, 256
LONGEST_AT_ONCE = LONGEST - 4096
"""Bytes of reports; with the words around them they fit in one frame."""


class Reporting:
    """Of one Tanium Server."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._waiting: dict[tuple[str, str], Frame] = {}
        self._came = asyncio.Event()

    def report(self, words: dict[str, Any]) -> None:
        """Take what is true of one client or server now."""
        key = (words["kind"], words["id"])
        if key in self._waiting or len(self._waiting) < MOST_WAITING:
            self._waiting[key] = words
            self._came.set()

    async def keep(self) -> None:
        """Hand reports on until the line ends, or cancelled. What is refused is lost, and no other with it."""
        while True:
            await self._came.wait()
            self._came.clear()
            while batch := list(self._taken()):
                try:
                    await self._line.ask("reports", reports=batch)
                except PermissionError:
                    continue
                except LineLost:
                    return

    def _taken(self) -> Iterator[Frame]:
        length = 0
        for key in list(self._waiting)[:MOST_AT_ONCE]:
            length += len(frame_bytes(self._waiting[key]))
            if length > LONGEST_AT_ONCE:
                return
            yield self._waiting.pop(key)
