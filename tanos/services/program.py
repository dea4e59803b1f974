"""What the process of one service does: its line to the supervisor is its only tie.

Invariants: it has its orders before it is confined, and is confined before it listens; from then on it opens no file
of the appliance. It ends when its line ends, so that none is left behind. What it prints goes to its log.
"""

import asyncio
import importlib
import signal
import socket
from typing import Protocol

from tanos.confinement.confine import confine
from tanos.confinement.home import service_needs
from tanos.confinement.single import keep_unread
from tanos.known_keys.judging import unlisted
from tanos.services.frames import Frame
from tanos.services.line import Line
from tanos.services.orders import Orders


class Running(Protocol):
    """A service that was started."""

    ports: dict[str, int]
    """Where it listens."""

    async def answer(self, what: str, words: Frame) -> Frame | None:
        """Answer what the supervisor asks."""

    async def close(self) -> None:
        """Stop listening, let go of every connection."""


class Module(Protocol):
    """What the module of a service offers."""

    async def start(self, orders: Orders, line: Line) -> Running:
        """Serve, and return once it listens."""


async def serve(end: socket.socket) -> int:
    """Take orders and serve until told to stop; return the exit status."""
    unlisted()
    running: Running | None = None
    told = asyncio.Event()

    async def answer(what: str, words: Frame) -> Frame | None:
        nonlocal running
        if what == "start":
            try:
                running = await _start(Orders(**words), line)
            except Exception:
                told.set()  # who waits for the answer is told by the end of the line
                raise
            return {"ports": running.ports}
        return await running.answer(what, words) if running else None

    line = await Line.over(end, answer)
    reading = asyncio.create_task(line.run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    reading.add_done_callback(lambda _: told.set())
    await told.wait()
    if running is not None:
        await running.close()
    line.close()
    return 0


async def _start(orders: Orders, line: Line) -> Running:
    module: Module = importlib.import_module(_module_of(orders.service))
    keep_unread()
    confine(service_needs())
    return await module.start(orders, line)


def _module_of(name: str) -> str:
    from tanos.services.catalogue import ALL

    return next(service.module for service in ALL if service.name == name)
