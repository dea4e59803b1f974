"""The Zone Server's process: one port for clients and hubs.

Invariants: it decides nothing about a client but whether it may come; what a client says is answered by the Tanium
Server alone, by way of a hub. Where no hub is connected, or none answers in time, the client is told so and may come
again. A hub that is lost is lost with every question that is open on it.
"""

import asyncio
import ssl
from itertools import count

from tanos.services.admitting import why_no_hub, why_not
from tanos.services.catalogue import PLATFORM
from tanos.services.frames import Frame
from tanos.services.line import Line
from tanos.services.listener import Connection, Listener
from tanos.services.orders import Orders
from tanos.services.protocol import Hello, Part, greeted, refusal
from tanos.services.relaying import client_frame
from tanos.services.tls import platform_server

ANSWER_SECONDS = 20.0
MOST_OPEN = 4096


class Hub:
    """A hub's connection, and the questions that are open on it."""

    def __init__(self, connection: Connection, name: str) -> None:
        self.connection, self.name = connection, name
        self._numbers = count(1)
        self._open: dict[int, asyncio.Future[Frame]] = {}

    async def ask(self, frame: Frame) -> Frame:
        """Return what the Tanium Server answers. Raises ConnectionError, TimeoutError."""
        if len(self._open) >= MOST_OPEN:
            raise ConnectionError
        number = next(self._numbers)
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._open[number] = answer
        try:
            await self.connection.send({"relay": number, **frame})
            async with asyncio.timeout(ANSWER_SECONDS):
                return await answer
        finally:
            del self._open[number]

    async def run(self) -> None:
        """Take answers until the hub is gone."""
        try:
            while (frame := await self.connection.read()) is not None:
                waiting = self._open.get(frame.get("answer", 0))
                if waiting is not None and not waiting.done() and isinstance(frame.get("frame"), dict):
                    waiting.set_result(frame["frame"])
                elif "ping" in frame:
                    await self.connection.send({"pong": frame["ping"]})
        finally:
            for waiting in self._open.values():
                if not waiting.done():
                    waiting.set_exception(ConnectionResetError())


class ZoneServer:
    """One zone server."""

    def __init__(self, orders: Orders, line: Line) -> None:
        self._orders, self._line = orders, line
        self._hubs: list[Hub] = []
        self._clients = 0
        pair = orders.pairs.get("reporting")
        self._listener = Listener(platform_server(pair, orders.root_pem) if pair else None, self._serve)
        self.ports: dict[str, int] = {}

    def open(self) -> None:
        """Listen. Raises OSError."""
        self._listener.open(self._orders.address, self._orders.ports[PLATFORM])
        self.ports = {PLATFORM: self._listener.port}

    async def close(self) -> None:
        """Listen no more."""
        await self._listener.close()

    async def answer(self, what: str, words: Frame) -> Frame | None:
        """Tell how it stands."""
        hubs = [
            {"name": hub.name, "address": hub.connection.address, "tls": hub.connection.uses_tls}
            for hub in self._hubs
        ]
        return {"clients": self._clients, "hubs": hubs} if what == "state" else None

    async def _serve(self, connection: Connection) -> None:
        hello = await greeted(connection)
        if hello.part is Part.HUB:
            await self._serve_hub(connection, hello)
        else:
            await self._serve_client(connection, hello)

    async def _serve_hub(self, connection: Connection, hello: Hello) -> None:
        refused = why_no_hub(
            hello, self._orders.settings, address=connection.address, uses_tls=connection.uses_tls,
            certificate=connection.certificate,
        )  # fmt: skip
        self._line.tell("hub", name=hello.name, address=connection.address, refused=refused)
        if refused:
            await connection.send(refusal(refused))
            return
        await connection.send({"welcome": self._orders.fqdn, "release": self._orders.release})
        hub = Hub(connection, hello.name)
        self._hubs.append(hub)
        try:
            await hub.run()
        finally:
            self._hubs.remove(hub)

    async def _serve_client(self, connection: Connection, hello: Hello) -> None:
        refused = why_not(hello, self._orders.settings, release=self._orders.release, uses_tls=connection.uses_tls)
        if refused:
            await connection.send(refusal(refused))
            return
        await connection.send({"welcome": self._orders.fqdn, "release": self._orders.release})
        self._clients += 1
        try:
            while (frame := await connection.read()) is not None:
                await connection.send(await self._asked(connection, hello, frame))
        finally:
            self._clients -= 1

    async def _asked(self, connection: Connection, hello: Hello, frame: Frame) -> Frame:
        if not self._hubs:
            return refusal("no-hub")
        try:
            return await self._hubs[0].ask(client_frame(hello, connection, frame))
        except (TimeoutError, OSError, ssl.SSLError):
            return refusal("server-unreachable")


async def start(orders: Orders, line: Line) -> ZoneServer:
    """Serve."""
    server = ZoneServer(orders, line)
    server.open()
    return server
