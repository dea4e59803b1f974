"""Work in a thread of its own with an event loop of its own, so that nothing it does can hold the screen up.

Invariant: one thread a beat, and none between beats. The work is asked to stop, never torn away: where it cannot stop
(a file is being synced, the database is awaited) it goes on to its end, and what it came to is told.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, Generic, TypeVar

from tanos.appliance import Appliance

T = TypeVar("T")


class Stopped(Exception):
    """The work stopped where it was asked to, before its end."""


class Worker(Generic[T]):
    """One piece of work; `result` belongs to the event loop that made this."""

    def __init__(self, appliance: Appliance, work: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._appliance = appliance
        self._work = work
        self._outcome: Future[T] = Future()
        self._outcome.set_running_or_notify_cancel()
        self._lock = threading.Lock()
        self._stop: Callable[[], object] | None = None
        self._is_stopped = False
        self.result = asyncio.wrap_future(self._outcome)
        threading.Thread(target=self._run, name="work", daemon=True).start()

    def stop(self) -> None:
        """Ask the work to stop at its next step; it may end before it does."""
        with self._lock:
            self._is_stopped = True
            if self._stop is not None:
                self._stop()

    def _run(self) -> None:
        try:
            outcome = asyncio.run(self._in_its_loop())
        except asyncio.CancelledError:
            self._outcome.set_exception(Stopped())
        except BaseException as error:
            self._outcome.set_exception(error)
        else:
            self._outcome.set_result(outcome)

    async def _in_its_loop(self) -> T:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        with self._lock:
            if self._is_stopped:
                raise asyncio.CancelledError
            self._stop = lambda: loop.call_soon_threadsafe(task.cancel) if task else None
        try:
            return await self._work()
        finally:
            with self._lock:
                self._stop = None
            with suppress(Exception):
                self._appliance.store.close()
