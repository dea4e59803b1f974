"""One service under supervision: wanted or not, running or not, started again when it dies or hangs.

Invariants: at most one process of a service runs; what is not wanted is stopped; what dies is started again after a
pause that doubles, and starts from the shortest once it has run for a while. Each start takes the pairs that are
installed now, in one reading. It runs only once a handshake with each of its listeners that has a pair was seen, and
is looked at again and again: one that shakes hands no more is killed.
"""

import asyncio
import contextlib
import signal
import socket
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from tanos.errors import TanosError
from tanos.faults import broken
from tanos.services.catalogue import PLATFORM, REPORTING_SERVICES, Service
from tanos.services.connecting import why
from tanos.services.frames import Frame
from tanos.services.line import Line, LineLost
from tanos.services.log import Log
from tanos.services.orders import Orders
from tanos.services.served import Served, look
from tanos.supervising.template import Forked, Template

START_SECONDS, STOP_SECONDS = 30.0, 5.0
SHORTEST_PAUSE, LONGEST_PAUSE, STEADY_SECONDS = 0.2, 30.0, 20.0
LOOK_EVERY_SECONDS, MOST_MISSED = 15.0, 3

GiveOrders = Callable[[Service], Orders]
Attend = Callable[["Supervised", str, Frame], Awaitable[Frame | None]]


class Supervised:
    """One service."""

    def __init__(
        self,
        service: Service,
        home: Path,
        template: Template,
        orders: GiveOrders,
        attend: Attend,
        tell: Callable[[], None] = lambda: None,
    ) -> None:
        """`tell` is called whenever it came up, took another pair, or is down for whoever looks."""
        self.service, self._tell = service, tell
        self.ports: dict[str, int] = {}
        """Where it listens now; empty while it does not run."""
        self.served: dict[str, Served] = {}
        """What was seen at each of its ports, last; a port without TLS has none."""
        self.since: float | None = None
        self.restarts = 0
        self.problem = ""
        """What kept its last start from succeeding, an id."""
        self.reason = ""
        """The same as the system says it."""
        self.again_at: float | None = None
        """When it is tried again, while it waits for that."""
        self.line: Line | None = None
        self._home, self._log = home, Log(home / "log" / f"{service.name}.log")
        self._template, self._orders, self._attend = template, orders, attend
        self._address, self._presents = "", frozenset[str]()
        self._process: Forked | None = None
        self._wanted, self._unwanted, self._at_once = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._settled, self._idle = asyncio.Event(), asyncio.Event()
        self._idle.set()

    @property
    def is_running(self) -> bool:
        """Whether it runs and listens."""
        return self.since is not None

    @property
    def is_stopped(self) -> bool:
        """Whether it is not to run."""
        return not self._wanted.is_set()

    @property
    def is_down(self) -> bool:
        """Whether it was tried, or stopped, and does not run."""
        return not self.is_running and (bool(self.problem) or self._unwanted.is_set())

    async def start(self) -> None:
        """Have it run; return once it does, or once it could not."""
        self._wanted.set()
        self._unwanted.clear()
        if not self.is_running:
            self._at_once.set()
            self._settled.clear()
            await self._settled.wait()

    async def stop(self) -> None:
        """Have it not run; return once it does not."""
        self._wanted.clear()
        self._unwanted.set()
        self._at_once.set()
        self.problem = ""
        if self._process is not None:
            await _end(self._process)
        await self._idle.wait()
        self._tell()

    async def renew(self) -> bool:
        """Have it go on by orders as they are now, and look at it; say whether it could. Raises a TanosError."""
        if self.line is None:
            return False
        try:
            orders = self._orders(self.service)
            if not await self.line.ask("renew", **orders.as_frame()):
                return False
            self._presents = _presented(self.service, orders)
            await self._look()
        except (LineLost, OSError, TimeoutError):
            return False
        self._tell()
        return True

    async def keep(self) -> None:
        """Run it as long as it is wanted, until cancelled."""
        pause = SHORTEST_PAUSE
        while True:
            await self._wanted.wait()
            if not self._wanted.is_set():  # it was stopped before its turn came
                self._settled.set()
                continue
            began, self.again_at, self.reason = time.monotonic(), None, ""
            self._idle.clear()
            try:
                await self._run_once()
            except Exception as error:
                self.problem = broken(self._home, self.service.name, error).id
            finally:
                self._idle.set()
                self._settled.set()
                self._tell()
            if not self._wanted.is_set():
                pause = SHORTEST_PAUSE
                continue
            self.restarts += 1
            pause = SHORTEST_PAUSE if time.monotonic() - began > STEADY_SECONDS else min(2 * pause, LONGEST_PAUSE)
            self._at_once.clear()
            self.again_at = time.time() + pause
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._at_once.wait()

    async def _run_once(self) -> None:
        try:
            orders = self._orders(self.service)
            self._process, ours = self._forked()
        except TanosError as error:
            self.problem = error.id
            return
        except OSError as error:
            self.problem, self.reason = "start-failed", why(error)
            return
        process = self._process
        line = await Line.over(ours, lambda what, words: self._attend(self, what, words))
        reading = asyncio.create_task(line.run())
        try:
            await self._listens(line, orders)
            watching = asyncio.create_task(self._watch(process))
            try:
                await process.wait()
            finally:
                watching.cancel()
        except (LineLost, OSError, TimeoutError) as error:  # PermissionError, what it refused, among them
            self.problem = "start-failed" if self._wanted.is_set() else ""
            self.reason = why(error)
        finally:
            self.ports, self.served, self.line, self.since = {}, {}, None, None
            await _end(process)
            self._process = None
            line.close()
            await reading

    def _forked(self) -> tuple[Forked, socket.socket]:
        """Fork it; return it and our end of its line. Raises OSError."""
        ours, theirs = socket.socketpair()
        try:
            with theirs, self._log.opened() as log:
                return self._template.fork(theirs, log), ours
        except BaseException:
            ours.close()
            raise

    async def _listens(self, line: Line, orders: Orders) -> None:
        """Have it listen, and look at it once. Raises LineLost, OSError, TimeoutError."""
        async with asyncio.timeout(START_SECONDS):
            answer = await line.ask("start", **orders.as_frame())
        self.ports, self._address = answer["ports"], orders.near
        self._presents = _presented(self.service, orders)
        await self._look()
        self.line, self.since, self.problem = line, time.time(), ""
        self._settled.set()
        self._tell()

    async def _look(self) -> None:
        """Look at each of its ports. Raises OSError, TimeoutError; where a pair is held, no handshake is an error."""
        seen = {name: await look(self._address, port) for name, port in self.ports.items()}
        if any(each is None and name in self._presents for name, each in seen.items()):
            raise ConnectionError("no handshake")
        self.served = {name: each for name, each in seen.items() if each is not None}

    async def _watch(self, process: Forked) -> None:
        """Kill it once it was looked at in vain several times in a row."""
        missed = 0
        while missed < MOST_MISSED:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            self._log.shorten()
            try:
                await self._look()
                missed = 0
            except (OSError, TimeoutError):
                missed += 1
            except Exception as error:
                broken(self._home, self.service.name, error)
                missed += 1
        process.send(signal.SIGKILL)


def _presented(service: Service, orders: Orders) -> frozenset[str]:
    """Return the names of the ports at which it has something to shake hands with."""
    is_reporting = service.name in REPORTING_SERVICES and bool(orders.by_root)
    return frozenset(
        port.name
        for port in service.ports
        if port.presents and (port.presents.name in orders.pairs or (port.name == PLATFORM and is_reporting))
    )


async def _end(process: Forked) -> None:
    process.send(signal.SIGTERM)
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.send(signal.SIGKILL)
        await process.wait()
