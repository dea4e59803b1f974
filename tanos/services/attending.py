"""What the supervisor answers to services, each of which knows nothing else of the appliance.

Invariants: a service is answered only what its row here says it may ask. What clients and servers report is no
operator's doing: it is kept without an audit record, many reports in one transaction, the latest of each last.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from tanos.appliance import Appliance
from tanos.errors import TanosError
from tanos.faults import write_fault
from tanos.services import registered
from tanos.services.catalogue import TANIUM_SERVER
from tanos.services.frames import Frame

if TYPE_CHECKING:
    from tanos.services.process import Supervised

FLUSH_SECONDS = 0.2
MOST_WAITING = 4096
"""Reports that are held while the disk takes none; the oldest are dropped."""

Answers = Mapping[str, Callable[["Attending", Frame], Awaitable[Frame | None]]]


class Attending:
    """For all services of one appliance."""

    def __init__(self, appliance: Appliance) -> None:
        self.appliance = appliance
        self._reports: dict[tuple[str, str], Frame] = {}
        self._came = asyncio.Event()

    async def answer(self, asker: "Supervised", what: str, words: Frame) -> Frame | None:
        """Answer one question, or take one report."""
        handle = MAY_ASK.get(asker.service.name, {}).get(what)
        return await handle(self, words) if handle else None

    async def report(self, words: Frame) -> None:
        """Take what is true of one client or server now."""
        if len(self._reports) < MOST_WAITING:
            self._reports[str(words["kind"]), str(words["id"])] = words
            self._came.set()

    async def keep(self) -> None:
        """Write reports down until cancelled, and the rest then."""
        try:
            while True:
                await self._came.wait()
                await asyncio.sleep(FLUSH_SECONDS)
                self._flush()
        finally:
            self._flush()

    def _flush(self) -> None:
        self._came.clear()
        taken, self._reports = self._reports, {}
        try:
            registered.write(self.appliance, list(taken.values()))
        except TanosError as error:
            write_fault(self.appliance.home, "services", error)
            self._reports = {**taken, **self._reports}


MAY_ASK: dict[str, Answers] = {
    TANIUM_SERVER.name: {"report": Attending.report},
}
