"""An HTTPS listener: accepts, shakes hands, and lets go of who is slow, idle or too many.

Invariants: how many connections are open is bounded, in all and for one host, handshakes included; KEPT more are
for this machine, whose supervisor looks whether it serves. Each is let go
once nobody was served on it for IDLE_SECONDS, whether it has said nothing or half a request. It knows no library of
HTTP: who serves gives a protocol for each connection, and says when it is at work on one.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from tanos.door.networks import network_of
from tanos.services.accepting import Accepting
from tanos.services.letting_go import let_go
from tanos.services.opening import opened

MOST, MOST_OF_ONE, KEPT = 1024, 256, 16
HANDSHAKE_SECONDS, GOOD_BYE_SECONDS, IDLE_SECONDS, SWEEP_SECONDS = 10.0, 5.0, 20.0, 2.0


@dataclass(eq=False)
class _Open:
    """One connection; without a transport it is shaking hands."""

    network: str
    came: socket.socket
    transport: asyncio.BaseTransport | None = None
    idle_since: float = 0.0
    working: int = 0


class WebListener:
    """One port."""

    def __init__(self, context: ssl.SSLContext, serve: Callable[[], asyncio.Protocol]) -> None:
        self._context, self._serve = context, serve
        self._open: set[_Open] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._accepting = Accepting(self.take)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._accepting.port

    def open(self, address: str, port: int) -> None:
        """Listen. Raises OSError."""
        self._accepting.open(address, port)
        self._add(self._sweep())

    def present(self, context: ssl.SSLContext) -> None:
        """Present another pair to whoever comes from now on."""
        self._context = context

    @contextmanager
    def at_work(self, transport: asyncio.BaseTransport | None) -> Iterator[None]:
        """Have a connection not count as idle for as long as the block lasts.

        It is known by its socket: the first request may come before it is known here that hands were shaken.
        """
        there = transport.get_extra_info("socket") if transport is not None else None
        number = there.fileno() if there is not None else -1
        found = next((each for each in self._open if each.came.fileno() == number >= 0), None)
        if found is not None:
            found.working += 1
        try:
            yield
        finally:
            if found is not None:
                found.working -= 1
                found.idle_since = time.monotonic()

    async def close(self) -> None:
        """Listen no more, and let go of every connection."""
        self._accepting.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for each in self._open:
            _abort(each)
        self._open.clear()

    def _add(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def take(self, came: socket.socket, address: str) -> None:
        """Serve who came from an address, or let him go where he has no place."""
        self._forget()
        network = network_of(address)
        most = MOST + KEPT if address == came.getsockname()[0] else MOST
        if len(self._open) >= most or sum(each.network == network for each in self._open) >= MOST_OF_ONE:
            came.close()
            return
        one = _Open(network, came)
        self._open.add(one)
        self._add(self._shake(one, came)).add_done_callback(partial(self._shaken, one))

    async def _shake(self, one: _Open, came: socket.socket) -> None:
        """Have it served, once hands were shaken."""
        try:
            came.setblocking(False)
            came.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            one.transport = await opened(came, asyncio.get_running_loop().connect_accepted_socket(
                self._serve, came, ssl=self._context, ssl_handshake_timeout=HANDSHAKE_SECONDS,
                ssl_shutdown_timeout=GOOD_BYE_SECONDS,
            ))  # fmt: skip
            one.idle_since = time.monotonic()
        except (OSError, ssl.SSLError):
            pass  # whoever does not shake hands is let go

    def _shaken(self, one: _Open, _: asyncio.Task[None]) -> None:
        if one.transport is None:
            self._open.discard(one)
            one.came.close()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            self._forget()
            latest = time.monotonic() - IDLE_SECONDS
            for each in self._open:
                if each.transport is not None and not each.working and each.idle_since < latest:
                    _abort(each)

    def _forget(self) -> None:
        """Count no longer who is gone; who was told good-bye and has not answered is still here."""
        self._open -= {each for each in self._open if each.transport is not None and each.came.fileno() < 0}


def _abort(one: _Open) -> None:
    if isinstance(one.transport, asyncio.WriteTransport):
        let_go(one.transport)
