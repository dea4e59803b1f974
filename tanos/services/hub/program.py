"""The hub's process: it listens nowhere, so that nothing outside can come in by it.

Invariants: a way of its own to each zone server of its list and one to the Tanium Server; what comes from a zone
server goes to the Tanium Server under that zone server's name, which the hub gives and no zone server chooses. A zone
server that does not read what it asked for holds up no other. What is not answered when the Tanium Server is lost is
answered for at once.
"""

import asyncio
import contextlib
import sys
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

from tanos.services.admitting import flags_said
from tanos.services.connecting import Target, TlsMode
from tanos.services.ended_roots import of_ended_roots
from tanos.services.frames import HEAD, Frame, frame_bytes
from tanos.services.hub.meeting import meet
from tanos.services.hub.way import GONE, Way
from tanos.services.key_words import ASKED, LETTERS
from tanos.services.line import Line
from tanos.services.orders import Orders
from tanos.services.presenting import for_meeting, shown
from tanos.services.protocol import NEW, OLD, UNREACHABLE, Hello, Part, refusal, word
from tanos.services.relaying import LONGEST_RELAYED
from tanos.services.revocations import WHAT, Revocations, parts_of
from tanos.services.revoked_clients import CLIENTS, RevokedClients

MOST_ZONES = 256


class Hub:
    """One hub."""

    ports: dict[str, int] = {}  # noqa: RUF012 - it listens nowhere

    def __init__(self, orders: Orders, line: Line) -> None:
        self._line, settings = line, orders.settings
        protocol = NEW if orders.release == "7.4" else OLD
        hello = Hello(Part.HUB, orders.name, orders.name, protocol, orders.release)
        contexts = shown(orders)
        server = Target.read(settings["server"])
        self._flags: dict[str, int] = {}
        self._orders, self._revocations = orders, Revocations(orders.root_pem)
        self._revoked_clients = RevokedClients()
        revoked = self._revocations.include
        server_mode = TlsMode(int(settings["server_tls"]))
        self._server = Way(hello, contexts, server, server_mode, self._answer, self._tell, self._learn, revoked)
        self._hello, met = hello, self._meet if protocol == NEW and orders.root_pem else None
        mode = TlsMode(int(settings.get("zone_tls", TlsMode.OFF)))
        self._zones = {
            target.name: Way(hello, contexts, target, mode, self._ask, self._tell, self._greet, revoked, met)
            for target in _targets(str(settings.get("ZoneServerList", "")))
        }
        self._told: list[dict[str, Any]] = []
        self._unanswered: dict[str, set[int]] = {name: set() for name in self._zones}
        self._tasks = [asyncio.create_task(way.keep()) for way in (self._server, *self._zones.values())]

    async def answer(self, what: str, words: Frame) -> Frame | None:
        """Tell how it stands; show the pair that is installed now, from the next connection on; go by a list."""
        if what == "renew":
            return self._renew(Orders(**words))
        if what == WHAT and self._revocations.take_part(words):
            self._go_by_list()
        if what == CLIENTS and self._revoked_clients.take_part(words):
            for zone in self._zones.values():
                self._pass_clients_on(zone)
        return {"segments": self._segments()} if what == "state" else None

    def _renew(self, orders: Orders) -> Frame:
        """Go by other orders from the next connection on; who shows what an ended root signed is let go.

        What is said of the roots goes out before that, so that nobody is let go who could not come back.
        """
        is_ended = of_ended_roots(self._orders.root_pem, orders.root_pem)
        self._orders = orders
        self._revocations.trust(orders.root_pem)
        for zone in self._zones.values():
            self._pass_letters_on(zone)
        for way in (self._server, *self._zones.values()):
            way.show(shown(orders))
            way.look_again(is_ended)
        return {"renewed": True}

    async def close(self) -> None:
        """Let go of every connection."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _ask(self, way: Way, frame: Frame) -> None:
        """Carry a question of a zone server to the Tanium Server."""
        number = frame.get("relay")
        if type(number) is not int:
            return
        if ASKED in frame:
            await self._sign(way, number, frame[ASKED])
            return
        asked: Frame = {name: frame[name] for name in ("client", "address", "tls", "frame") if name in frame}
        asked |= {"relay": number, "zone": way.target.name}
        if len(frame_bytes(asked)) - HEAD > LONGEST_RELAYED:  # the Tanium Server would let go of the hub for it
            way.post({"answer": number, "frame": refusal("not-understood")})
            return
        unanswered = self._unanswered[way.target.name]
        unanswered.add(number)
        try:
            await self._server.send(asked)
        except OSError:
            if number in unanswered:
                unanswered.discard(number)
                way.post(_unreachable(number))

    async def _sign(self, way: Way, number: int, asked: object) -> None:
        """Have the supervisor answer a zone server about its keys: by what it showed here, and no other name."""
        answered: Frame = refusal("not-understood")
        if isinstance(asked, dict) and (certificate := way.certificate) is not None:
            words = {**asked, "zone": way.target.name, "shown": b64encode(certificate).decode()}
            try:
                answered = await self._line.ask(ASKED, words=words)
            except PermissionError as error:
                answered = refusal(str(error))
        with contextlib.suppress(*GONE):
            way.post({"answer": number, "frame": answered})

    async def _meet(self, target: Target, turn: int) -> str:
        """Meet a zone server that proves nothing; return what it waits for."""
        context = for_meeting(self._orders, turn)

        async def ask(asked: Frame) -> Frame:
            try:
                return await self._line.ask(ASKED, words=asked)
            except PermissionError as error:
                return refusal(str(error))

        return await meet(target, context, self._hello, self._orders.letters, ask)

    async def _answer(self, way: Way, frame: Frame) -> None:
        """Carry an answer of the Tanium Server back; where its zone server is gone, it is lost."""
        if type(frame.get("answer")) is not int:
            return
        zone = self._zones.get(word(frame, "zone"))
        if zone is not None and isinstance(frame.get("frame"), dict):
            self._unanswered[zone.target.name].discard(frame["answer"])
            with contextlib.suppress(*GONE):
                zone.post({"answer": frame["answer"], "frame": frame["frame"]})

    def _learn(self, _: Way, said: Frame) -> None:
        """Pass on by which flags clients may come, which the Tanium Server says when it takes the hub."""
        self._flags = flags_said(said.get("flags"))
        for zone in self._zones.values():
            self._pass_on(zone)

    def _greet(self, zone: Way, _: Frame) -> None:
        self._pass_on(zone)
        self._pass_letters_on(zone)
        self._pass_list_on(zone)
        self._pass_clients_on(zone)

    def _pass_on(self, zone: Way) -> None:
        if self._flags:
            with contextlib.suppress(*GONE):
                zone.post({"flags": self._flags})

    def _pass_letters_on(self, zone: Way) -> None:
        if self._orders.letters:
            with contextlib.suppress(*GONE):
                zone.post({LETTERS: self._orders.letters})

    def _go_by_list(self) -> None:
        """Tell everybody, who is revoked as well, so that he can say so; then let go of him."""
        for zone in self._zones.values():
            self._pass_list_on(zone)
        for way in (self._server, *self._zones.values()):
            way.look_again()

    def _pass_list_on(self, zone: Way) -> None:
        with contextlib.suppress(*GONE):
            for part in (part for der in self._revocations.all for part in parts_of(der)):
                zone.post({WHAT: part})

    def _pass_clients_on(self, zone: Way) -> None:
        with contextlib.suppress(*GONE):
            for part in self._revoked_clients.parts:
                zone.post({CLIENTS: part})

    def _give_up(self) -> None:
        """Answer for the Tanium Server where it is gone; a zone server that is gone waits for nothing."""
        for name, numbers in self._unanswered.items():
            if self._server.is_open and self._zones[name].is_open:
                continue
            with contextlib.suppress(*GONE):
                for number in numbers:
                    self._zones[name].post(_unreachable(number))
            numbers.clear()

    def _tell(self) -> None:
        """Tell the supervisor how the segments stand, where that changed."""
        self._give_up()
        now = self._segments()
        if now != self._told:
            self._told = now
            self._line.tell("segments", segments=now)

    def _segments(self) -> list[dict[str, Any]]:
        return [
            {**self._server.as_data(), "server": True},
            *({**way.as_data(), "server": False} for way in self._zones.values()),
        ]


def _unreachable(number: int) -> Frame:
    return {"answer": number, "frame": refusal(UNREACHABLE)}


async def start(orders: Orders, line: Line) -> Hub:
    """Carry."""
    return Hub(orders, line)


def _targets(text: str) -> Iterator[Target]:
    """Yield the zone servers of a list; what is no zone server is told in the log."""
    for each in text.replace(",", " ").split()[:MOST_ZONES]:
        try:
            yield Target.read(each)
        except ValueError:
            print(f"no zone server: {each}", file=sys.stderr)  # noqa: T201 - what a service prints is its log
