"""One service under supervision: wanted or not, running or not, started again when it dies.

Invariants: at most one process of a service runs; what is not wanted is stopped; what dies is started again after a
pause that doubles, and starts from the shortest once it has run for a while. Each start takes the pairs that are
installed now, in one reading. Its log has an end: an older one is kept beside it, and both stay below twice LIMIT.
"""

import asyncio
import contextlib
import os
import socket
import time
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from tanos.files import PRIVATE
from tanos.services.catalogue import Service
from tanos.services.frames import Frame
from tanos.services.line import Line, LineLost
from tanos.services.orders import Orders
from tanos.system import plain_environment, start_python

LIMIT = 1 << 20
"""Bytes of one log."""
START_SECONDS, STOP_SECONDS = 30.0, 5.0
SHORTEST_PAUSE, LONGEST_PAUSE, STEADY_SECONDS = 0.2, 30.0, 20.0

GiveOrders = Callable[[Service], Orders]
Attend = Callable[["Supervised", str, Frame], Awaitable[Frame | None]]


class Supervised:
    """One service."""

    def __init__(self, service: Service, log: Path, orders: GiveOrders, attend: Attend) -> None:
        self.service = service
        self.ports: dict[str, int] = {}
        """Where it listens now; empty while it does not run."""
        self.since: float | None = None
        self.restarts = 0
        self.problem = ""
        """What kept its last start from succeeding, an id."""
        self.line: Line | None = None
        self._log, self._orders, self._attend = log, orders, attend
        self._process: Process | None = None
        self._wanted, self._unwanted = asyncio.Event(), asyncio.Event()
        self._settled = asyncio.Event()
        """Set whenever it runs and listens, or does not run and is not wanted, or failed to start."""

    @property
    def is_running(self) -> bool:
        """Whether it runs and listens."""
        return self.since is not None

    async def start(self) -> None:
        """Have it run; return once it does, or once it could not."""
        self._settled.clear()
        if self.is_running:
            return
        self._wanted.set()
        self._unwanted.clear()
        await self._settled.wait()

    async def stop(self) -> None:
        """Have it not run; return once it does not."""
        self._wanted.clear()
        self._unwanted.set()
        self.problem = ""
        while self._process is not None:
            await self._end(self._process)
            await asyncio.sleep(0)

    async def keep(self) -> None:
        """Run it as long as it is wanted, until cancelled."""
        pause = SHORTEST_PAUSE
        try:
            while True:
                await self._wanted.wait()
                began = time.monotonic()
                await self._run_once()
                if not self._wanted.is_set():
                    pause = SHORTEST_PAUSE
                    continue
                steady = time.monotonic() - began > STEADY_SECONDS
                pause = SHORTEST_PAUSE if steady else min(2 * pause, LONGEST_PAUSE)
                self.restarts += 1
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._unwanted.wait(), pause)
        finally:
            await self.stop()

    async def _run_once(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs, self._opened_log() as log:
            self._process = process = await start_python(
                "tanos.services.program", str(theirs.fileno()),
                environment=plain_environment(), pass_fds=[theirs.fileno()], output=log,
            )  # fmt: skip
        line = await Line.over(ours, lambda what, words: self._attend(self, what, words))
        reading = asyncio.create_task(line.run())
        try:
            async with asyncio.timeout(START_SECONDS):
                answer = await line.ask("start", **self._orders(self.service).as_frame())
            self.ports, self.line, self.since, self.problem = answer["ports"], line, time.time(), ""
            self._settled.set()
            await process.wait()
        except (LineLost, TimeoutError):
            self.problem = self.problem or "start-failed"
        except PermissionError as refused:
            self.problem = str(refused)
        finally:
            self.ports, self.line, self.since = {}, None, None
            await self._end(process)
            self._process = None
            await reading
            self._settled.set()

    async def _end(self, process: Process) -> None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_SECONDS)
            except TimeoutError:
                process.kill()
                await process.wait()

    @contextlib.contextmanager
    def _opened_log(self) -> Iterator[int]:
        with contextlib.suppress(OSError):
            if self._log.stat().st_size > LIMIT:
                self._log.replace(self._log.with_suffix(".log.1"))
        file = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE)
        try:
            yield file
        finally:
            os.close(file)
