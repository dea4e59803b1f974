"""The supervisor's part in revocation: the list is renewed each day, and every service that goes by it has it.

Invariants: a service that came up, or a list that is new, is looked at at once where that is told, and within
LOOK_SECONDS where nobody tells it. What cannot be signed is told once, and tried again and again.
"""

import asyncio
import contextlib
from collections.abc import Mapping

from tanos.appliance import Appliance
from tanos.errors import TanosError
from tanos.faults import write_fault
from tanos.revocation.clients import refused_clients
from tanos.revocation.kept import KeptList, kept_lists
from tanos.revocation.lists import renew_when_due
from tanos.services.catalogue import TANIUM_SERVER, ZONE_SERVER, ZONE_SERVER_HUB
from tanos.services.line import Line, LineLost
from tanos.services.revocations import WHAT, parts_of
from tanos.services.revoked_clients import CLIENTS, parts_of_ids
from tanos.supervising.process import Supervised

LOOK_SECONDS = 20.0
GO_BY = frozenset({TANIUM_SERVER.name, ZONE_SERVER_HUB.name, ZONE_SERVER.name})
"""Services that judge who comes, or whom they go to, by what the root signed."""


class Revoking:
    """For all services of one appliance."""

    def __init__(self, appliance: Appliance, services: Mapping[str, Supervised]) -> None:
        self._appliance, self._services = appliance, services
        self._given: dict[str, tuple[Line, list[tuple[str, int]], list[str]]] = {}
        """By service: over which line, of which roots, which numbers, and which clients."""
        self._soon, self._one_at_a_time = asyncio.Event(), asyncio.Lock()
        self._trouble = ""

    def look_soon(self) -> None:
        """Look as soon as whoever calls is done."""
        self._soon.set()

    async def keep(self) -> None:
        """Look until cancelled."""
        while True:
            self._soon.clear()
            await self.look()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._soon.wait()

    async def look(self) -> list[str]:
        """Renew the list where it is due; return the services that go by it now."""
        async with self._one_at_a_time:
            names = sorted(GO_BY & set(self._services))
            kept, clients = self._kept() if names else ((), [])
            if not kept:
                return []
            return [name for name in names if await self._goes_by(name, kept, clients)]

    def _kept(self) -> tuple[tuple[KeptList, ...], list[str]]:
        """Return the lists, and which clients are revoked."""
        try:
            renew_when_due(self._appliance)
            self._trouble = ""
        except TanosError as error:
            if error.id != self._trouble:
                write_fault(self._appliance.home, "services", error)
            self._trouble = error.id
        try:
            return kept_lists(self._appliance), refused_clients(self._appliance)
        except TanosError:
            return (), []

    async def _goes_by(self, name: str, kept: tuple[KeptList, ...], clients: list[str]) -> bool:
        line = self._services[name].line
        if line is None:
            return False
        wanted = (line, [(each.issuer_key, each.number) for each in kept], clients)
        if self._given.get(name) != wanted:
            try:
                for part in (part for each in kept for part in parts_of(each.der)):
                    await line.ask(WHAT, **part)
                for part in parts_of_ids(clients):
                    await line.ask(CLIENTS, **part)
            except (LineLost, OSError):
                return False
            self._given[name] = wanted
        return True
