"""The Zone Server's process: one port for clients and hubs.

Invariants: it decides nothing about a client but whether it may come; what a client says is answered by the Tanium
Server alone, by way of a hub. Where no hub is connected, or none answers in time, the client is told so and may come
again. It registers itself by the same way, again and again, for as long as a hub is there.
"""

import asyncio
import contextlib
from collections import deque
from dataclasses import replace

from tanos.errors import AnswerRefused
from tanos.services.admitting import allowed_hubs, why_no_hub, why_not, with_flags
from tanos.services.catalogue import PLATFORM
from tanos.services.certifying import ASKED, GRANTED, Certifier
from tanos.services.ended_roots import of_ended_roots
from tanos.services.frames import BadFrame, Frame, frame_bytes
from tanos.services.key_words import ASKED as ASKED_KEY
from tanos.services.line import Line
from tanos.services.listener import Connection, Listener
from tanos.services.orders import Orders
from tanos.services.presenting import Presented, presented
from tanos.services.protocol import NEW, OLD, UNREACHABLE, Hello, Part, greeted, refusal
from tanos.services.relaying import LONGEST_ASKED, LONGEST_TO_HUB, client_frame
from tanos.services.revocations import REVOKED, WHAT, Revocations, parts_of
from tanos.services.zone_server.hubs import Hub, Hubs
from tanos.services.zone_server.meeting import meet, meeting_context
from tanos.services.zone_server.server_keys import ServerKeys

REGISTER_SECONDS, SHORTEST_PAUSE = 600.0, 1.0
LAST_REFUSED = 8


class ZoneServer:
    """One zone server."""

    def __init__(self, orders: Orders, line: Line) -> None:
        self._orders, self._line = orders, line
        self._revocations = Revocations(orders.root_pem)
        self._hubs = Hubs(self._learn, self._hear_of_roots, self._let_go_of_clients, lambda: self._orders.root_pem)
        self._keys = ServerKeys(orders, self._hubs, line)
        self._certifier = Certifier(self._grant, is_revoked=self._revocations.include)
        self._refused: deque[dict[str, str]] = deque(maxlen=LAST_REFUSED)
        self._clients = 0
        self._listener = Listener(self._presented(orders), self._serve)
        self._listener.expected = allowed_hubs(orders.settings)
        self.ports: dict[str, int] = {}

    def open(self) -> None:
        """Listen. Raises OSError."""
        self._listener.open(self._orders.address, self._orders.ports[PLATFORM])
        self.ports = {PLATFORM: self._listener.port}

    async def close(self) -> None:
        """Listen no more."""
        await self._listener.close()

    async def answer(self, what: str, words: Frame) -> Frame | None:
        """Tell how it stands; or go on by new orders, with the pair that is installed now; or by a list."""
        if what == "renew":
            return self._renew(Orders(**words))
        if what == ASKED_KEY:
            return await self._keys.sign(words)
        if what == WHAT and self._revocations.take_part(words):
            self._listener.let_go_of(self._is_revoked)
        if what != "state":
            return None
        return {"clients": self._clients, "hubs": self._hubs.as_data(), "refused_hubs": list(self._refused)}

    def _renew(self, orders: Orders) -> Frame:
        """Who comes from now on is served by these orders; clients stay, and who shows what an ended root signed not.

        Hubs come again at once, so that it is seen what is served, unless there are other server TLS keys alone.
        """
        before, self._orders = self._orders, orders
        self._revocations.trust(orders.root_pem)
        self._listener.present(self._presented(orders))
        self._listener.expected = allowed_hubs(orders.settings)
        self._keys.renew(orders)
        if orders.release == "7.4" and _but_keys(orders) == _but_keys(before):
            is_ended = of_ended_roots(before.root_pem, orders.root_pem)
            self._listener.let_go_of(lambda connection: is_ended(connection.certificate))
        else:
            self._hubs.end()
        return {"renewed": True}

    async def _serve(self, connection: Connection) -> None:
        hello = await greeted(connection)
        if self._is_revoked(connection):
            if hello.part is Part.HUB:
                self._refused.append({"name": hello.name, "address": connection.address, "refused": REVOKED})
            await connection.send(refusal(REVOKED))
        elif hello.part in {Part.HUB, Part.MEETING}:
            await self._serve_hub(connection, hello)
        else:
            await self._serve_client(connection, hello)

    def _is_revoked(self, connection: Connection) -> bool:
        return self._revocations.include(connection.certificate)

    def _learn(self, der: bytes) -> None:
        """Go by a list that a hub brought, where it is newer and of the root held here; have it kept."""
        with contextlib.suppress(AnswerRefused):
            if self._revocations.take(der):
                for part in parts_of(der):
                    self._line.tell(WHAT, **part)
                self._listener.let_go_of(self._is_revoked)

    def _let_go_of_clients(self) -> None:
        self._listener.let_go_of(lambda connection: connection.client in self._hubs)

    def _presented(self, orders: Orders) -> Presented | None:
        if self._orders.release != "7.4" or not orders.root_pem:
            return presented(orders)
        return presented(orders, meeting_context(orders.root_pem))

    def _hear_of_roots(self, letters: object, sender: str) -> None:
        self._keys.learn(letters, sender)

    async def _serve_hub(self, connection: Connection, hello: Hello) -> None:
        refused = why_no_hub(
            replace(hello, part=Part.HUB), self._orders.settings, address=connection.address,
            uses_tls=connection.uses_tls, certificate=connection.certificate, release=self._orders.release,
        )  # fmt: skip
        if refused:
            self._refused.append({"name": hello.name, "address": connection.address, "refused": refused})
            await connection.send(refusal(refused))
            return
        await connection.send({"welcome": self._orders.fqdn, "release": self._orders.release})
        if hello.part is Part.MEETING:
            await meet(connection, self._line, self._orders.root_pem)
            return
        hub = self._hubs.come(connection, hello)
        registering = asyncio.create_task(self._register(hub))
        self._keys.tell(hub)
        try:
            await hub.run()
        finally:
            registering.cancel()
            self._hubs.gone(hub)

    async def _register(self, hub: Hub) -> None:
        """Be registered at the Tanium Server, under the name that the hub gives, for as long as the hub is here."""
        asked, pause = self._own(hub, {"register": {}}), SHORTEST_PAUSE
        while True:
            try:
                answered = await hub.ask(asked)
                is_registered = "registered" in answered
                hub.go_by(answered)
            except (TimeoutError, OSError, BadFrame):
                is_registered = False
            await asyncio.sleep(REGISTER_SECONDS if is_registered else pause)
            pause = SHORTEST_PAUSE if is_registered else min(2 * pause, REGISTER_SECONDS)

    def _own(self, hub: Hub, frame: Frame) -> Frame:
        """Return what this zone server says of itself, by that hub."""
        orders = self._orders
        protocol = NEW if orders.release == "7.4" else OLD
        hello = Hello(Part.ZONE_SERVER, orders.fqdn, orders.fqdn, protocol, orders.release)
        said = {"client": hello.as_frame(), "address": orders.address, "tls": hub.connection.uses_tls}
        return {**said, "frame": frame}

    async def _grant(self, words: Frame) -> Frame:
        """Have a Tanium Server sign the intermediate key. Raises LookupError, OSError."""
        return await self._hubs.ask(lambda hub: self._own(hub, {GRANTED: words}))

    async def _serve_client(self, connection: Connection, hello: Hello) -> None:
        if not await self._lets_in(connection, hello):
            return
        connection.client = hello.id
        await connection.send({"welcome": self._orders.fqdn, "release": self._orders.release})
        self._clients += 1
        try:
            while (frame := await connection.read(longest=LONGEST_ASKED)) is not None:
                if not await self._lets_in(connection, hello):
                    return
                await connection.send(await self._asked(connection, hello, frame))
        finally:
            self._clients -= 1

    async def _lets_in(self, connection: Connection, hello: Hello) -> bool:
        """Say whether a client may be here by what holds now; who may not is told why."""
        settings = with_flags(self._orders.settings, self._hubs.flags)
        refused = why_not(
            hello, settings, release=self._orders.release, uses_tls=connection.uses_tls, revoked=self._hubs
        )
        if refused:
            await connection.send(refusal(refused))
        return not refused

    async def _asked(self, connection: Connection, hello: Hello, frame: Frame) -> Frame:
        hub = self._hubs.present
        if "ping" in frame:
            return {"pong": frame["ping"], "number": hub.number if hub else 0}
        if ASKED in frame:
            self._certifier.issuer = (hub.issuer if hub else "") or self._certifier.issuer
            return await self._certifier.answer(hello, frame[ASKED], uses_tls=connection.uses_tls)
        relayed = client_frame(hello, connection, frame)
        if len(frame_bytes(relayed)) > LONGEST_TO_HUB:  # a number may be longer here than it came
            return refusal("not-understood")
        try:
            return await self._hubs.ask(relayed)
        except LookupError:
            return refusal("no-hub")
        except OSError:
            return refusal(UNREACHABLE)


def _but_keys(orders: Orders) -> Orders:
    """Return orders without what changes by itself."""
    return replace(orders, by_root={}, root_pem="", letters="")


async def start(orders: Orders, line: Line) -> ZoneServer:
    """Serve."""
    server = ZoneServer(orders, line)
    server.open()
    return server
