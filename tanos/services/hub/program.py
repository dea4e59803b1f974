"""The hub's process: it listens nowhere, so that nothing outside can come in by it.

Invariants: a connection of its own to each zone server of its list and one to the Tanium Server, each made again when
it is lost, after a pause that doubles; what comes from a zone server goes to the Tanium Server under that zone
server's name, which the hub gives and no zone server chooses.
"""

import asyncio
import contextlib
import ssl
from typing import Any

from tanos.services.connecting import Target, TlsMode, connect
from tanos.services.frames import BadFrame, Frame
from tanos.services.line import Line
from tanos.services.listener import Connection
from tanos.services.orders import Orders
from tanos.services.protocol import NEW, OLD, Hello, Part
from tanos.services.tls import platform_client

SHORTEST_PAUSE, LONGEST_PAUSE = 0.2, 30.0
BEAT_SECONDS = 30.0
_GONE = (OSError, ssl.SSLError, TimeoutError, BadFrame)


class Way:
    """The hub's connection to one server, made again as long as the hub runs."""

    def __init__(self, hub: "Hub", target: Target, mode: TlsMode, *, is_server: bool = False) -> None:
        self.target, self.mode, self.is_server = target, mode, is_server
        self.connection: Connection | None = None
        self.problem = ""
        self._hub = hub

    async def keep(self) -> None:
        """Connect, carry, and connect again, until cancelled."""
        pause = SHORTEST_PAUSE
        while True:
            try:
                await self._carry()
                pause = SHORTEST_PAUSE
            except _GONE as error:
                self.problem = _why(error)
            finally:
                await self._let_go()
            self._hub.tell()
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _carry(self) -> None:
        connection = await connect(self.target, self.mode, self._hub.context)
        self.connection = connection
        await connection.send(self._hub.hello.as_frame())
        said = await connection.read()
        if said is None or "welcome" not in said:
            raise BadFrame(str((said or {}).get("refused", "nothing was said")))
        self.problem = ""
        self._hub.welcomed(self)
        beat = asyncio.create_task(self._beat(connection))
        try:
            while (frame := await connection.read()) is not None:
                await self._hub.carry(self, frame)
        finally:
            beat.cancel()

    async def _beat(self, connection: Connection) -> None:
        """Say something now and then, so that a connection that is dead is noticed."""
        with contextlib.suppress(*_GONE):
            while True:
                await asyncio.sleep(BEAT_SECONDS)
                await connection.send({"ping": 1})

    async def _let_go(self) -> None:
        if self.connection is not None:
            connection, self.connection = self.connection, None
            await connection.close()


class Hub:
    """One hub."""

    ports: dict[str, int] = {}  # noqa: RUF012 - it listens nowhere

    def __init__(self, orders: Orders, line: Line) -> None:
        self._line = line
        protocol = NEW if orders.release == "7.4" else OLD
        self.hello = Hello(Part.HUB, orders.name, orders.name, protocol, orders.release)
        pair = orders.pairs.get("reporting", "")
        self.context = platform_client(orders.root_pem, pair) if orders.root_pem else None
        settings = orders.settings
        self.server = Way(self, Target.read(settings["server"]), TlsMode(int(settings["server_tls"])), is_server=True)
        zone_mode = TlsMode(int(settings.get("zone_tls", 0)))
        targets = str(settings.get("ZoneServerList", "")).replace(",", " ").split()
        self.zones = {target.name: Way(self, target, zone_mode) for target in map(Target.read, targets)}
        self._tasks = [asyncio.create_task(way.keep()) for way in (self.server, *self.zones.values())]

    async def carry(self, way: Way, frame: Frame) -> None:
        """Carry what came by one way to where it belongs; what cannot be carried is answered for."""
        if way.is_server:
            zone = self.zones.get(str(frame.get("zone", "")))
            if zone is not None and zone.connection is not None and "answer" in frame:
                with contextlib.suppress(*_GONE):
                    await zone.connection.send({"answer": frame["answer"], "frame": frame["frame"]})
        elif "relay" in frame:
            await self._to_server(way, frame)

    async def _to_server(self, way: Way, frame: Frame) -> None:
        try:
            if self.server.connection is None:
                raise ConnectionError
            await self.server.connection.send({**frame, "zone": way.target.name})
        except _GONE:
            assert way.connection is not None
            await way.connection.send({"answer": frame["relay"], "frame": {"refused": "server-unreachable"}})

    def welcomed(self, way: Way) -> None:
        """Tell that a way is open, and how."""
        self.tell()

    def tell(self) -> None:
        """Tell the supervisor how the segments stand."""
        self._line.tell("segments", segments=self._segments())

    async def answer(self, what: str, words: Frame) -> Frame | None:
        """Tell how it stands."""
        return {"segments": self._segments()} if what == "state" else None

    async def close(self) -> None:
        """Let go of every connection."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _segments(self) -> list[dict[str, Any]]:
        return [
            {
                "to": way.target.name,
                "server": way.is_server,
                "mode": int(way.mode),
                "connected": way.connection is not None and not way.problem,
                "tls": way.connection is not None and way.connection.uses_tls,
                "problem": way.problem,
            }
            for way in (self.server, *self.zones.values())
        ]


async def start(orders: Orders, line: Line) -> Hub:
    """Carry."""
    return Hub(orders, line)


def _why(error: BaseException) -> str:
    if isinstance(error, ssl.SSLError):
        return str(getattr(error, "verify_message", "") or error.reason or error)
    return str(error) or type(error).__name__
