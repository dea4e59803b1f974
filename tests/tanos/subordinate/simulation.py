"""Thousands of clients of 7.4 over many zone servers through a change of the root, by a clock of its own.

What runs is the code of the services: store, keeper and registrar of a Tanium Server, each zone server's certifier,
each client's keyring and what it obeys. What is played is what lies between: time, connections, and who is away or
killed.
A server shows pairs of the roots that it knows to be in use, and takes who trusts one of them.
"""

import asyncio
import heapq
import random
from base64 import b64decode
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, cast

from cryptography import x509

from tanos.appliance import Appliance
from tanos.certificates.check_code import check_code
from tanos.client_trust.client_keys import why_not_believed
from tanos.operation import silent
from tanos.roots.kept import rotating
from tanos.roots.revoke import REVOKE_ROOT
from tanos.services.certifying import Certifier, granted
from tanos.services.client.keyring import Keyring
from tanos.services.client.obeying import Obeying, Refused
from tanos.services.client.settings import ClientSettings
from tanos.services.frames import Frame
from tanos.services.listener import Connection
from tanos.services.orders import Orders
from tanos.services.protocol import NEW, Hello, Part
from tanos.services.relaying import Asking
from tanos.services.tanium_server.registering import Registrar
from tanos.subordinate.intermediates import sign_intermediate
from tanos.subordinate.signing_root import SETTLED
from tanos.supervising.messaging import words_for
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock
from tests.tanos.roots.made import another_root

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PING, LOOK, POLL = timedelta(seconds=240), timedelta(seconds=20), timedelta(minutes=10)
TOLD = timedelta(minutes=25)
"""After which a change is known to all who are connected."""
MOST_WATCHED = 500


class Down(ConnectionError):
    """Nobody is there."""


class Server:
    """The Tanium Server: what its process knows ends with it."""

    def __init__(self, appliance: Appliance) -> None:
        self.appliance, self.is_up = appliance, True
        self._registrar = self._new()

    def _new(self) -> Registrar:
        orders = Orders("", "ts4", "ts4.lab.test", "7.4", "127.0.0.1")
        return Registrar(orders, lambda _: None)

    def restart(self) -> None:
        self._registrar, self.is_up = self._new(), True
        self.look()

    def look(self) -> None:
        """The supervisor looks what is said."""
        if self.is_up and (words := words_for(self.appliance)):
            self._registrar.telling.hear(words)

    @property
    def roots(self) -> frozenset[str]:
        return frozenset(each.check_code for each in rotating(self.appliance))

    def answer(self, hello: Hello, zone: str, frame: Frame) -> Frame:
        if not self.is_up:
            raise Down
        return self._registrar.relayed(Asking(hello, "10.0.0.1", True, zone), frame)

    def grant(self, zone: str, words: Frame) -> Frame:
        if not self.is_up:
            raise Down
        return granted(sign_intermediate(call(self.appliance), b64decode(words["request"]), zone))


class Zone:
    """A zone server, known by its number."""

    def __init__(self, name: str, server: Server, clock: Clock) -> None:
        self.name, self._server, self._clock = name, server, clock
        self.hello = Hello(Part.ZONE_SERVER, name, name, NEW, "7.4")
        self.roots: frozenset[str] = frozenset()
        """Of which it has pairs; these are kept."""
        self.restart()

    def restart(self) -> None:
        self.certifier = Certifier(self._ask, self._clock, lambda: self._clock().timestamp())
        self.is_up, self.number = True, 0
        self.poll()

    async def _ask(self, words: Frame) -> Frame:
        return self._server.grant(self.name, words)

    def poll(self) -> bool:
        """Register; say whether there is another message."""
        if not self.is_up or not self._server.is_up:
            return False
        answered, before = self._server.answer(self.hello, self.name, {"register": {}}), self.number
        self.certifier.issuer, self.number = answered["issuer"], answered["number"]
        self.roots = self._server.roots
        return self.number != before

    async def answer(self, hello: Hello, frame: Frame) -> Frame:
        if not self.is_up:
            raise Down
        if "certify" in frame:
            return await self.certifier.answer(hello, frame["certify"], uses_tls=True)
        return self._server.answer(hello, self.name, frame)


@dataclass
class Open:
    """A connection."""

    uses_tls: bool = True


class Player:
    """One client."""

    def __init__(self, number: int, zone: Zone, roots: list[x509.Certificate], clock: Clock) -> None:
        self.zone, self._roots, self._clock = zone, roots, clock
        self.settings = ClientSettings(NEW)
        self.hello = Hello(Part.CLIENT, self.settings.id, f"pc{number}", NEW, "7.4")
        self.is_away, self.refused = False, list[str]()
        self.begin()

    def begin(self) -> None:
        """Start; what is kept is in its settings."""
        self.keyring = Keyring(self.settings, self._roots, self._clock)
        self._obeying = Obeying(self.keyring, self._ask, self._where)

    async def _ask(self, _: Connection, frame: Frame, wanted: str) -> Frame:
        answer = await self.zone.answer(self.hello, frame)
        if wanted not in answer:
            raise Refused(answer["refused"])
        return answer

    async def _where(self, _: Connection) -> Frame:
        return {}

    async def register(self) -> bool:
        """Come and register; say whether it is. What it is refused for is written down."""
        connection = cast(Connection, Open())
        try:
            if not self._is_verified() and not (await self._obeying.led_on(connection) and self._is_verified()):
                raise Refused("handshake")
            await self._obeying.register(connection)
        except Down:
            return False
        except Refused as error:
            self.refused.append(str(error))
            return False
        return True

    def _is_verified(self) -> bool:
        if not self.zone.is_up:
            raise Down
        return not self.zone.roots.isdisjoint(self.keyring.known)

    def why_not(self, other: "Player", now: datetime) -> str:
        """Return why this one would not believe another's certificate; empty where it does."""
        held = other.keyring.key.certified
        return why_not_believed(held.leaf, held.intermediate, self.keyring.trust, now) if held else "none"


@dataclass
class Play:
    """All of them, and what happens when."""

    server: Server
    zones: list[Zone]
    players: list[Player]
    clock: Clock
    chance: random.Random
    changed_at: datetime
    ended: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    _events: list[tuple[datetime, int, Callable[[], Any]]] = field(default_factory=list)
    _numbers: Any = field(default_factory=count)

    def at(self, after: timedelta, do: Callable[[], Any]) -> None:
        """Have something happen so much later."""
        heapq.heappush(self._events, (self.clock.now + after, next(self._numbers), do))

    async def run(self, until: datetime) -> None:
        """Let time pass."""
        while self._events and self._events[0][0] <= until:
            self.clock.now, _, do = heapq.heappop(self._events)
            result = do()
            if asyncio.iscoroutine(result):
                await result
        self.clock.now = until

    def between(self, least: timedelta, most: timedelta) -> timedelta:
        return least + (most - least) * self.chance.random()

    async def come(self, player: Player) -> None:
        """Register, and again when its time is; who is not served comes again soon."""
        if player.is_away:
            return
        is_there = await player.register()
        due = timedelta(seconds=player.keyring.due_in) if is_there else HOUR
        again = self.between(2 * HOUR, 6 * HOUR) if is_there else self.between(timedelta(seconds=1), MINUTE)
        self.at(min(again, max(due, timedelta(seconds=1))), lambda: self.come(player))

    def look(self) -> None:
        """The supervisor looks, more often than this; what changes is looked at in time."""
        self.server.look()
        self.at(POLL, self.look)

    def poll(self, zone: Zone) -> None:
        self._tell(zone)
        self.at(POLL if self.server.is_up else MINUTE, lambda: self.poll(zone))

    async def nudge(self, player: Player) -> None:
        """Register anew because of news, or because the connection was lost, until it is done."""
        if not player.is_away and not await player.register():
            self.at(self.between(timedelta(seconds=1), MINUTE), lambda: self.nudge(player))

    def _tell(self, zone: Zone) -> None:
        """Zone servers tell of news with each pong."""
        if zone.poll():
            self._nudge(zone, PING)

    def _nudge(self, zone: Zone, within: timedelta) -> None:
        for player in self.players:
            if player.zone is zone:
                self.at(within * self.chance.random(), lambda each=player: self.nudge(each))  # type: ignore[misc]

    def kill(self) -> None:
        """Somebody dies and is back soon: the server, a zone server, or clients."""
        kind = self.chance.random()
        if kind < 0.2:
            self.server.is_up = False
            self.at(self.between(LOOK, 5 * MINUTE), self.server.restart)
        elif kind < 0.6:
            zone = self.chance.choice(self.zones)
            zone.is_up = False
            self.at(self.between(LOOK, 5 * MINUTE), lambda: self._back(zone))
        else:
            for player in self.chance.sample(self.players, max(1, len(self.players) // 100)):
                player.begin()
                self.at(MINUTE * self.chance.random(), lambda each=player: self.nudge(each))  # type: ignore[misc]
        self.at(self.between(LOOK, 20 * MINUTE), self.kill)

    def _back(self, zone: Zone) -> None:
        """Its clients lost their connections, and come again."""
        zone.restart()
        self._nudge(zone, MINUTE)

    def _wrong(self, why: str) -> None:
        self.wrong.append(f"{self.clock.now - self.changed_at} after: {why}")

    def watch(self) -> None:
        """Look at a few: who is connected, and has had the time to hear of it, has no key of a root that ended."""
        here = [each for each in self.players if not each.is_away and each.zone.is_up]
        if self.clock.now - self.changed_at > TOLD:
            for one, other in zip(here[:MOST_WATCHED], self.chance.sample(here, len(here)), strict=False):
                held = one.keyring.key.certified
                if self.ended.intersection(one.keyring.known):
                    self._wrong(f"{one.hello.id} trusts a root that ended")
                if held and (why := one.why_not(one, self.clock.now)):
                    self._wrong(f"{one.hello.id} shows a key that is {why}")
                if held and other.keyring.key.certified and (why := one.why_not(other, self.clock.now)):
                    self._wrong(f"{one.hello.id} does not believe {other.hello.id}: {why}")
        self.at(HOUR, self.watch)

    async def create(self) -> None:
        await another_root(self.server.appliance)
        self.changed_at = self.clock.now
        for after in (LOOK, SETTLED + LOOK):
            self.at(after, self.server.look)

    async def revoke(self) -> None:
        first = rotating(self.server.appliance)[0]
        plan = await REVOKE_ROOT.prepare(call(self.server.appliance), name=first.server_value)
        await REVOKE_ROOT.apply(call(self.server.appliance), plan, silent)
        self.ended.add(check_code(first.certificate.public_key()))
        self.changed_at = self.clock.now
        self.at(LOOK, self.server.look)

    def leave(self, share: float) -> None:
        for player in self.chance.sample(self.players, round(share * len(self.players))):
            player.is_away = True

    async def return_all(self) -> None:
        self.changed_at = self.clock.now
        for player in self.players:
            if player.is_away:
                player.is_away = False
                self.at(self.between(timedelta(0), MINUTE), lambda each=player: self.come(each))  # type: ignore[misc]


async def played(appliance: Appliance, clock: Clock, clients: int, zones: int, seed: int, hours: int = 25) -> Play:
    """Play a day, or as long, in which the root changes; return how it ended."""
    server, chance = Server(appliance), random.Random(seed)
    server.look()
    servers = [Zone(f"zs{number}.lab.test", server, clock) for number in range(zones)]
    roots = [each.certificate for each in rotating(appliance)]
    players = [Player(number, servers[number % zones], roots, clock) for number in range(clients)]
    play, began = Play(server, servers, players, clock, chance, clock.now), clock.now
    play.look()
    for zone in servers:
        play.at(POLL * chance.random(), lambda each=zone: play.poll(each))  # type: ignore[misc]
    for player in players:
        play.at(10 * MINUTE * chance.random(), lambda each=player: play.come(each))  # type: ignore[misc]
    events: list[tuple[timedelta, Callable[[], Coroutine[Any, Any, None] | None]]] = [
        (30 * MINUTE, lambda: play.leave(0.05)),
        (HOUR, play.create), (HOUR, play.kill), (100 * MINUTE, play.watch), (3 * HOUR, play.revoke),
        (8 * HOUR, play.return_all),
    ]  # fmt: skip
    for after, do in events:
        play.at(after, do)
    await play.run(began + hours * HOUR)
    return play
