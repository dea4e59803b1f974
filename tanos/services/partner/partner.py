"""Everything of the other Tanium Servers in this one's process: those that come, and those that are gone to.

Invariant: it knows of the others what its orders say now; a place that is named no more is gone to no more.
"""

import asyncio
from typing import Any

from tanos.services.connecting import Target
from tanos.services.frames import Frame
from tanos.services.line import Line
from tanos.services.listener import Connection
from tanos.services.orders import Orders
from tanos.services.partner.serving import Serving
from tanos.services.partner.visiting import Visiting
from tanos.services.partner.words import Others, ours
from tanos.services.protocol import Hello


class Partner:
    """Of one Tanium Server."""

    def __init__(self, orders: Orders, line: Line) -> None:
        self._orders, self._line, self._serving = orders, line, Serving(line)
        self._visits: dict[Target, Visiting] = {}
        self._tasks: dict[Target, asyncio.Task[None]] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        """Those that were cancelled, until they are at their end."""
        self._told: list[dict[str, Any]] = []

    def go_by(self, orders: Orders) -> None:
        """Go to whom these orders name, by what they hold, and to each of them soon."""
        self._orders, wanted = orders, Others.of(orders).targets
        for gone in set(self._tasks) - set(wanted):
            self._leave(self._tasks.pop(gone))
            del self._visits[gone]
        for target in wanted:
            if target in self._visits:
                self._visits[target].orders = orders
                self._visits[target].go_soon()
            else:
                visiting = self._visits[target] = Visiting(target, orders, self._line, self._tell)
                self._tasks[target] = asyncio.create_task(visiting.keep())

    async def close(self) -> None:
        """Go nowhere any longer."""
        for task in self._tasks.values():
            self._leave(task)
        await asyncio.gather(*self._leaving, return_exceptions=True)

    def _leave(self, task: asyncio.Task[None]) -> None:
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)
        task.cancel()

    async def serve(self, connection: Connection, hello: Hello) -> None:
        """Answer one that came. Raises BadFrame, OSError, TimeoutError."""
        await self._serving.serve(connection, hello, self._orders)

    async def visit(self, words: Frame) -> Frame:
        """Go to a place at once, whether it is named or not; tell how it went, and whether it was reached now."""
        target = Target.read(str(words["target"]))
        visiting = self._visits.get(target) or Visiting(target, self._orders, self._line)
        before = visiting.as_data()["reached_at"]
        await visiting.go()
        told = visiting.as_data()
        return {**told, "reached": told["reached_at"] != before}

    def _tell(self) -> None:
        """Tell the supervisor how the visits go, where that is news."""
        now = [each.as_news() for each in self._visits.values()]
        if now != self._told:
            self._told = now
            self._line.tell("visited", visits=now)

    def ours(self, certificate: bytes | None) -> bytes | None:
        """Return a certificate that was shown, where it cannot be one of another server's roots."""
        return ours(certificate, self._orders)

    def as_data(self) -> dict[str, Any]:
        """Tell how the last visits went, and who came last."""
        return {"partners": [each.as_data() for each in self._visits.values()], "came": self._serving.came}
