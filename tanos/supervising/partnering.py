"""The supervisor's part in the line between two Tanium Servers: who is trusted, what is said, what is kept alike.

Invariants: the process that speaks to the other server decides nothing: whose record or certificate it was shown, and
what may be said to him, is looked up here each time. Where trust, or a root of the other, is another than the process
was told with its orders, it is told at once where that was heard here, and within LOOK_SECONDS where an operator
decided. Services that read a setting which the other server changed are started again.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from tanos.appliance import Appliance
from tanos.certificates.check_code import check_code
from tanos.errors import TanosError
from tanos.faults import write_fault
from tanos.services.catalogue import TANIUM_SERVER
from tanos.services.frames import BadFrame, Frame
from tanos.services.partner.words import LIST, TOLD, packed, unpacked
from tanos.services.partner_ways import write_ways
from tanos.settings.setting import Component
from tanos.settings.values import effective
from tanos.synchronising.exchange import Synchroniser
from tanos.synchronising.registered import forget_all_but
from tanos.trust.exchange import outgoing, own_roots, receive
from tanos.trust.kept import Other, others, trusted_others
from tanos.trust.machine import State
from tanos.trust.record import read_record

if TYPE_CHECKING:
    from tanos.supervising.process import Supervised

LOOK_SECONDS = 5.0
PORT = TANIUM_SERVER.ports[0].number
Restart = Callable[[str], Awaitable[None]]


class Partnering:
    """For the Tanium Server of one appliance."""

    def __init__(self, appliance: Appliance) -> None:
        self._appliance, self._synchroniser = appliance, Synchroniser(appliance)
        self._given: dict[str, Any] = {}
        self._soon, self._changed, self._trouble = asyncio.Event(), set[str](), ""

    def orders(self) -> dict[str, Any]:
        """Return what the Tanium Server's process is told of the others with its orders."""
        self._given = told(self._appliance)
        return {TOLD: self._given} if self._given else {}

    def look_soon(self) -> None:
        """Look as soon as whoever calls is done."""
        self._soon.set()

    async def keep(self, services: Mapping[str, "Supervised"], restart: Restart) -> None:
        """Look until cancelled; `restart` starts one service again."""
        while self._appliance.identity.release.automatic_tls and TANIUM_SERVER.name in services:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._soon.wait()
            self._soon.clear()
            try:
                await self.look(services, restart)
                self._trouble = ""
            except TanosError as error:
                if error.id != self._trouble:
                    write_fault(self._appliance.home, "services", error)
                self._trouble = error.id
        await asyncio.Event().wait()

    async def say(self, _: Frame) -> Frame:
        """Return what is said to a server of which nobody knows yet which it is. Raises a TanosError."""
        return {"record": packed(outgoing(self._appliance))}

    async def hear(self, words: Frame) -> Frame:
        """Take a record; return the answer, and who spoke. Raises a TanosError; ValueError for what is none."""
        data = unpacked(words["record"])
        answer = receive(self._appliance, data, str(words["address"]), expected=words["expected"] is True)
        key = read_record(data, self._appliance.clock()).key
        spoke = next((each for each in others(self._appliance) if key in each.keys), None)
        if told(self._appliance) != self._given:
            self.look_soon()
        return {"record": packed(answer), **(self._known(spoke) if spoke else {"key": "", "fqdn": "", "state": ""})}

    async def synchronise(self, words: Frame) -> Frame:
        """Take what the other server said, and return what is said to it. Raises a TanosError."""
        heard = words.get("heard")
        if heard is not None and not isinstance(heard, dict):
            raise BadFrame("no state")
        shown = unpacked(words["certificate"])
        answered = self._synchroniser.answer(shown, str(words["address"]), heard)
        names = {name for setting in answered.changed for name in setting.restarts}
        if names:
            self._changed |= names
            self.look_soon()
        return {"say": answered.say, "done": answered.is_done, "fqdn": answered.fqdn}

    async def visited(self, words: Frame) -> None:
        """Write down how it goes with the others."""
        write_ways(self._appliance, words["visits"])

    async def look(self, services: Mapping[str, "Supervised"], restart: Restart) -> None:
        """Have the process go by what is so now, and services by settings that the other server changed.

        Raises TanosError.
        """
        self._changed &= set(services)
        for name in sorted(self._changed):
            self._changed.discard(name)
            if services[name].is_running:
                await restart(name)
        forget_all_but(self._appliance, [each.fqdn for each in trusted_others(self._appliance)])
        server = services[TANIUM_SERVER.name]
        if told(self._appliance) != self._given and server.is_running:
            await server.renew()

    def _known(self, other: Other) -> Frame:
        known = [check_code(each.certificate.public_key()) for each in own_roots(self._appliance)
                 if each.fingerprint in other.knows]  # fmt: skip
        state, roots = other.state.value, other.roots_pem
        return {"key": other.key, "fqdn": other.fqdn, "state": state, "roots": roots, "known": known}


def told(appliance: Appliance) -> dict[str, Any]:
    """Return where other Tanium Servers are, by which roots those that are trusted are known, and where trust stands.

    Where any of it changes the process is told, and goes to the others at once.
    """
    if not appliance.identity.release.automatic_tls:
        return {}
    where = str(effective(appliance, Component.SERVER).get(LIST, "")) or _paired(appliance)
    known = others(appliance)
    roots = "".join(each.roots_pem for each in known if each.state is State.TRUSTED)
    stands = [[each.key, each.state.value, each.standing.round, each.standing.i_accepted] for each in known]
    return {"list": where, "roots": roots, "stands": stands} if where or roots else {}


def _paired(appliance: Appliance) -> str:
    """Return where the other server of the pair is that an operator named for its console; empty where none is."""
    row = appliance.store.row("SELECT host FROM other_server")
    return f"{row['host']}=[{row['host']}]:{PORT}" if row else ""
