"""The Tanium Server's process.

Invariants: only who may come is answered; a hub comes from here, or from where AllowedHubs says, and whoever comes by
it is known under the zone server's name that it gave. What clients report goes to the supervisor at once, and nothing
of it is kept here.
"""

import asyncio

from tanos.services.admitting import flags_of, why_no_hub, why_not
from tanos.services.catalogue import HTTPS, PLATFORM
from tanos.services.certifying import ASKED, GRANTED, Certifier
from tanos.services.ended_roots import of_ended_roots
from tanos.services.frames import BadFrame, Frame
from tanos.services.line import Line
from tanos.services.listener import Connection, Listener
from tanos.services.orders import Orders
from tanos.services.partner.partner import Partner
from tanos.services.partner.words import letting_in
from tanos.services.presenting import presented
from tanos.services.protocol import SILENT_SECONDS, Hello, Part, greeted, refusal
from tanos.services.relaying import LONGEST_ASKED, LONGEST_RELAYED, Asking, relayed
from tanos.services.revocations import REVOKED, WHAT, Revocations
from tanos.services.revoked_clients import CLIENTS, RevokedClients
from tanos.services.tanium_server.granting import Granting
from tanos.services.tanium_server.https import Console
from tanos.services.tanium_server.registering import Registrar
from tanos.services.tanium_server.reporting import Reporting

HERE = "127.0.0.1, ::1"
"""Where hubs come from unless AllowedHubs says otherwise: from this appliance."""


class TaniumServer:
    """One Tanium Server."""

    def __init__(self, orders: Orders, line: Line) -> None:
        self._orders, self._pairs, self._root_pem = orders, orders.pairs, orders.root_pem
        self._reporting = Reporting(line)
        self._handing_on = asyncio.create_task(self._reporting.keep())
        self._revoked_clients = RevokedClients()
        self._registrar = Registrar(orders, self._reporting.report, self._revoked_clients)
        self._granting = Granting(line, orders.fqdn)
        self._revocations = Revocations(orders.root_pem)
        self._certifier = Certifier(self._granting.own, is_revoked=self._revocations.include)
        self._hubs: dict[str, Connection] = {}
        self._clients = 0
        self._partner = Partner(orders, line)
        self._listener = Listener(presented(letting_in(orders)), self._serve)
        soap = orders.pairs.get("soap")
        self._console = Console(orders, line, soap, self._told_hubs, self._lists) if soap else None
        self.ports: dict[str, int] = {}

    async def open(self) -> None:
        """Listen. Raises OSError."""
        self._listener.open(self._orders.address, self._orders.ports[PLATFORM])
        self.ports = {PLATFORM: self._listener.port}
        if self._console is not None:
            self.ports[HTTPS] = self._console.open()
        self._partner.go_by(self._orders)

    async def close(self) -> None:
        """Listen no more."""
        await self._listener.close()
        await self._partner.close()
        if self._console is not None:
            await self._console.close()
        self._handing_on.cancel()

    async def answer(self, what: str, words: Frame) -> Frame | None:
        """Tell how it stands; sign a user of the console out; go by the pairs, or the revocations, that hold now."""
        if what == "renew":
            return self._renew(Orders(**words))
        if what == WHAT and self._revocations.take_part(words):
            self._listener.let_go_of(self._is_revoked)
        if what == CLIENTS and self._revoked_clients.take_part(words):
            self._listener.let_go_of(lambda connection: connection.client in self._revoked_clients)
        if what == "message":
            self._registrar.telling.hear(words)
            self._certifier.issuer = self._registrar.telling.issuer
        if what == "end-sessions" and self._console is not None:
            self._console.end_sessions(str(words["user"]))
        if what == "visit":
            return await self._partner.visit(words)
        if what != "state":
            return None
        sessions = self._console.sessions if self._console is not None else 0
        return {"clients": self._clients, "hubs": self._told_hubs(), "sessions": sessions, **self._partner.as_data()}

    def _told_hubs(self) -> dict[str, bool]:
        """Return which hubs are here, and whether they use TLS."""
        return {name: connection.uses_tls for name, connection in self._hubs.items()}

    def _lists(self) -> dict[str, bytes]:
        """Return the lists of what is revoked, by the file in which each is fetched."""
        return self._revocations.files

    def _is_revoked(self, connection: Connection) -> bool:
        return self._revocations.include(connection.certificate)

    def _renew(self, orders: Orders) -> Frame:
        """Present other pairs to whoever comes from now on; settings hold from the next start on."""
        soap = orders.pairs.get("soap")
        if (soap is None) != (self._console is None):
            return {}
        self._listener.present(presented(letting_in(orders)))
        self._partner.go_by(orders)
        self._revocations.trust(orders.root_pem)
        is_ended = of_ended_roots(self._root_pem, orders.root_pem)
        self._listener.let_go_of(lambda connection: is_ended(connection.certificate))
        if self._console is not None and soap is not None and soap != self._pairs.get("soap"):
            self._console.present(soap)
        self._pairs, self._root_pem = orders.pairs, orders.root_pem
        return {"renewed": True}

    async def _serve(self, connection: Connection) -> None:
        hello = await greeted(connection)
        if self._is_revoked(connection):
            await connection.send(refusal(REVOKED))
        elif hello.part is Part.HUB:
            await self._serve_hub(connection, hello)
        elif hello.part is Part.SERVER:
            await self._partner.serve(connection, hello)
        else:
            await self._serve_client(connection, hello)

    async def _serve_hub(self, connection: Connection, hello: Hello) -> None:
        refused = why_no_hub(
            hello, self._orders.settings, address=connection.address, uses_tls=connection.uses_tls,
            certificate=self._partner.ours(connection.certificate), allowed=HERE, release=self._orders.release,
        )  # fmt: skip
        if refused:
            await connection.send(refusal(refused))
            return
        flags = flags_of(self._orders.settings, self._orders.release)
        await connection.send({"welcome": self._orders.fqdn, "release": self._orders.release, "flags": flags})
        self._hubs[hello.name] = connection
        try:
            while (frame := await connection.read(SILENT_SECONDS, LONGEST_RELAYED)) is not None:
                if "relay" in frame:
                    answer = await self._relayed(frame)
                    await connection.send({"answer": frame["relay"], "zone": frame.get("zone", ""), "frame": answer})
                elif "ping" in frame:
                    await connection.send({"pong": frame["ping"]})
        finally:
            if self._hubs.get(hello.name) is connection:
                del self._hubs[hello.name]

    async def _serve_client(self, connection: Connection, hello: Hello) -> None:
        orders = self._orders
        refused = why_not(
            hello,
            orders.settings,
            release=orders.release,
            uses_tls=connection.uses_tls,
            revoked=self._revoked_clients,
        )
        if refused:
            await connection.send(refusal(refused))
            return
        connection.client = hello.id
        await connection.send({"welcome": self._orders.fqdn, "release": self._orders.release})
        asking = Asking(hello, connection.address, connection.uses_tls)
        self._clients += 1
        try:
            while (frame := await connection.read(longest=LONGEST_ASKED)) is not None:
                await connection.send(await self._respond(asking, frame))
        finally:
            self._clients -= 1

    async def _respond(self, asking: Asking, frame: Frame) -> Frame:
        if ASKED in frame:
            return await self._certifier.answer(asking.hello, frame[ASKED], uses_tls=asking.uses_tls)
        return self._registrar.respond(asking, frame)

    async def _relayed(self, frame: Frame) -> Frame:
        try:
            asking, asked = relayed(frame)
            if GRANTED in asked:
                return await self._granting.to_zone(asking, asked[GRANTED])
            return self._registrar.relayed(asking, asked)
        except BadFrame:
            return refusal("not-understood")


async def start(orders: Orders, line: Line) -> TaniumServer:
    """Serve."""
    server = TaniumServer(orders, line)
    await server.open()
    return server
