"""The front door's own thread for what may wait for a disk or a hash.

Invariants: the thread that carries everybody's bytes writes nothing into the database; it reads what a sign-in needs,
and waits for that no longer than `sftp.door.PATIENCE`. A clerk has one thread and its own
connection to the store; what it is given it does in order, and what it records stands in as few transactions as the
disk allows. A record that cannot be written now is written later; one that waits for a disk, or is given up, is said
in the service's log.
"""

import asyncio
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeVar

from sftp.shares import Shares
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.errors import TanosError
from tanos.faults import write_fault
from tanos.inert import inert
from tanos.store.store import STORE_FAILED, Change, record

RETRY_SECONDS = 1.0
MOST_NOTES = 20_000
"""Records that wait for the disk; more are said in the log and not kept."""
_TOGETHER = 500
"""Records of one transaction."""
_TURN = 0.0005
"""Seconds that a computing clerk keeps the interpreter from the thread that carries bytes, which hands it over at any
call of the system; five milliseconds is the interpreter's own habit."""
T = TypeVar("T")
Also = Callable[[Change, Appliance], object]


@dataclass(frozen=True)
class Note:
    """One audit record to be written, and what else belongs into its transaction."""

    call: Call
    about: str
    after: str
    result: str
    also: Also | None = None

    def __str__(self) -> str:
        return inert(f"{self.call.actor.user} {self.call.verb} {self.about} {self.after} {self.result}")


class Clerk:
    """Does blocking work on one appliance, in order, in one thread."""

    def __init__(self, appliance: Appliance) -> None:
        self._appliance = Appliance(appliance.home, appliance.identity, appliance.clock)
        self._thread = ThreadPoolExecutor(max_workers=1)
        self.shares = Shares()
        """What of the audit each sender of files may fill."""
        self._notes: deque[Note] = deque()
        self._lock = threading.Lock()
        self._is_writing = False
        self._told = 0
        """How many of the notes were said to wait, the oldest."""
        self._closing = threading.Event()
        sys.setswitchinterval(_TURN)

    async def ask(self, work: Callable[[Appliance], T]) -> T:
        """Run `work` in the clerk's thread, on the clerk's appliance; raises what it raises.

        What holds for who asks (contextvars: by which lists a key is judged) holds there.
        """
        here = copy_context()
        return await asyncio.get_running_loop().run_in_executor(self._thread, here.run, work, self._appliance)

    def note(
        self, call: Call, about: str = "", after: str = "", result: str = "done", also: Also | None = None
    ) -> None:
        """Write an audit record soon; `result` is the id of the refusal where it was one.

        `also` changes something in the same transaction; where that fails, the record stands alone.
        """
        note = Note(call, about, after, result, also)
        with self._lock:
            if len(self._notes) >= MOST_NOTES:
                _say_lost([note], "too many wait")
                return
            self._notes.append(note)
            if self._is_writing:
                return
            self._is_writing = True
        try:
            self._thread.submit(self._write_down)
        except RuntimeError:
            self._give_up("the front door is closed")

    def stop(self) -> None:
        """Try no more than once again to write what could not be written."""
        self._closing.set()

    async def close(self) -> None:
        """Finish what was given and close the store."""
        self.stop()
        await self.ask(lambda appliance: appliance.store.close())
        self._thread.shutdown()

    def _write_down(self) -> None:
        """Write until nothing is left; notes stay where they are until they stand in the database."""
        together = _TOGETHER
        while notes := self._next(together):
            last_try = self._closing.is_set()
            try:
                self._record(notes)
                self._done_with(len(notes))
            except TanosError as error:
                if last_try:
                    self._give_up(str(error))
                else:
                    self._tell_waiting(error)
                    self._closing.wait(RETRY_SECONDS)
            except Exception as error:
                if together == 1:
                    write_fault(self._appliance.home, "audit of the front door", error)
                    self._set_aside(notes[0])
                together = 1

    def _next(self, most: int) -> list[Note]:
        with self._lock:
            notes = list(islice(self._notes, most))
            self._is_writing = bool(notes)
            return notes

    def _tell_waiting(self, error: TanosError) -> None:
        """Say once of each note that it waits, where it may wait for long: on a disk that takes no more."""
        if error.id != STORE_FAILED:
            return
        with self._lock:
            waiting = list(islice(self._notes, self._told, None))
            self._told = len(self._notes)
        _say(waiting, f"waits ({error})")

    def _done_with(self, count: int) -> None:
        with self._lock:
            for _ in range(count):
                self._notes.popleft()
            self._told = max(0, self._told - count)

    def _set_aside(self, note: Note) -> None:
        """Keep what cannot be written from holding up the rest: first what goes with a record, then the record."""
        self._done_with(1)
        if note.also is None:
            _say_lost([note], "see the log of faults")
            return
        with self._lock:
            self._notes.appendleft(replace(note, also=None))

    def _give_up(self, reason: str) -> None:
        with self._lock:
            lost = list(self._notes)
            self._notes.clear()
            self._told = 0
            self._is_writing = False
        _say_lost(lost, reason)

    def _record(self, notes: Sequence[Note]) -> None:
        with self._appliance.store.change(notes[0].call) as change:
            change.quiet = True
            for note in notes:
                change.about, change.after = note.about, note.after
                record(change, note.call, note.result)
                if note.also is not None:
                    self._do_also(change, note.also)

    def _do_also(self, change: Change, also: Also) -> None:
        try:
            also(change, self._appliance)
        except TanosError as error:
            raise RuntimeError("refused") from error


def _say_lost(notes: Sequence[Note], reason: str) -> None:
    _say(notes, f"not written ({reason})")


def _say(notes: Sequence[Note], what: str) -> None:
    for note in notes:
        print(f"audit: {what}: {note}", file=sys.stderr)  # noqa: T201 - the service's log
