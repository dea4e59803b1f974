"""The Tanium Server's process.

Invariants: only who may come is answered; whoever comes by a hub is known under the zone server's name that the hub
gave. What clients report goes to the supervisor at once, and nothing of it is kept here.
"""

from tanos.services.admitting import why_not
from tanos.services.catalogue import PLATFORM
from tanos.services.frames import BadFrame, Frame
from tanos.services.line import Line
from tanos.services.listener import Connection, Listener
from tanos.services.orders import Orders
from tanos.services.protocol import Hello, Part, greeted, refusal
from tanos.services.relaying import Asking, relayed
from tanos.services.tanium_server.registering import respond
from tanos.services.tls import platform_server


class TaniumServer:
    """One Tanium Server."""

    def __init__(self, orders: Orders, line: Line) -> None:
        self._orders, self._line = orders, line
        self._hubs: dict[str, bool] = {}
        self._clients = 0
        pair = orders.pairs.get("reporting")
        self._listener = Listener(platform_server(pair, orders.root_pem) if pair else None, self._serve)
        self.ports: dict[str, int] = {}

    async def open(self) -> None:
        """Listen. Raises OSError."""
        self._listener.open(self._orders.address, self._orders.ports[PLATFORM])
        self.ports = {PLATFORM: self._listener.port}

    async def close(self) -> None:
        """Listen no more."""
        await self._listener.close()

    async def answer(self, what: str, words: Frame) -> Frame | None:
        """Tell how it stands."""
        return {"clients": self._clients, "hubs": self._hubs} if what == "state" else None

    async def _serve(self, connection: Connection) -> None:
        hello = await greeted(connection)
        if hello.part is Part.HUB:
            await self._serve_hub(connection, hello)
        else:
            await self._serve_client(connection, hello)

    async def _serve_hub(self, connection: Connection, hello: Hello) -> None:
        if connection.address not in {"127.0.0.1", "::1"} and connection.certificate is None:
            await connection.send(refusal("hub-without-certificate"))
            return
        await connection.send({"welcome": self._orders.fqdn, "release": self._orders.release})
        self._hubs[hello.name] = connection.uses_tls
        try:
            while (frame := await connection.read()) is not None:
                if "relay" in frame:
                    answer = self._respond(*relayed(frame))
                    await connection.send({"answer": frame["relay"], "zone": frame.get("zone", ""), "frame": answer})
                elif "ping" in frame:
                    await connection.send({"pong": frame["ping"]})
        finally:
            del self._hubs[hello.name]

    async def _serve_client(self, connection: Connection, hello: Hello) -> None:
        refused = why_not(hello, self._orders.settings, release=self._orders.release, uses_tls=connection.uses_tls)
        if refused:
            await connection.send(refusal(refused))
            return
        await connection.send({"welcome": self._orders.fqdn, "release": self._orders.release})
        asking = Asking(hello, connection.address, connection.uses_tls)
        self._clients += 1
        try:
            while (frame := await connection.read()) is not None:
                await connection.send(self._respond(asking, frame))
        finally:
            self._clients -= 1

    def _respond(self, asking: Asking, frame: Frame) -> Frame:
        try:
            return respond(asking, frame, self._orders, self._line)
        except BadFrame:
            return refusal("not-understood")


async def start(orders: Orders, line: Line) -> TaniumServer:
    """Serve."""
    server = TaniumServer(orders, line)
    await server.open()
    return server
