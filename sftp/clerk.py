"""The front door's own thread for what may wait for a disk or a hash.

Invariant: the thread that carries everybody's bytes never waits for the database. A clerk has one thread and its own
connection to the store; what it is given it does in order, and what it records stands in as few transactions as the
disk allows.
"""

import asyncio
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.errors import TanosError
from tanos.store.store import record

T = TypeVar("T")
_Note = tuple[Call, str, str, str]


class Clerk:
    """Does blocking work on one appliance, in order, in one thread."""

    def __init__(self, appliance: Appliance) -> None:
        self._appliance = Appliance(appliance.home, appliance.identity, appliance.clock)
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._notes: list[_Note] = []
        self._lock = threading.Lock()

    async def ask(self, work: Callable[[Appliance], T]) -> T:
        """Run `work` in the clerk's thread, on the clerk's appliance; raises what it raises."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, self._appliance)

    def note(self, call: Call, about: str = "", after: str = "", result: str = "done") -> None:
        """Write an audit record soon; `result` is the id of the refusal where it was one."""
        with self._lock:
            self._notes.append((call, about, after, result))
            first = len(self._notes) == 1
        if first:
            self._thread.submit(self._write_down)

    async def close(self) -> None:
        """Finish what was given and close the store."""
        await self.ask(lambda appliance: appliance.store.close())
        self._thread.shutdown()

    def _write_down(self) -> None:
        with self._lock:
            notes, self._notes = self._notes, []
        try:
            self._record(notes)
        except TanosError as error:
            print(f"audit: {len(notes)} records of the front door were not written: {error}", file=sys.stderr)  # noqa: T201 - the service's log

    def _record(self, notes: list[_Note]) -> None:
        with self._appliance.store.change(notes[0][0]) as change:
            change.quiet = True
            for call, about, after, result in notes:
                change.about, change.after = about, after
                record(change, call, result)
