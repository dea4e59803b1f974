"""Clients of 7.4 on real sockets through a change of the root: of a real Tanium Server, its hub and a zone server.

Twelve in CI, two hundred by `make soak`.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography import x509

from tanos.message import Message
from tanos.roots.create import CREATE_ROOT
from tanos.roots.kept import find_root, rotating
from tanos.roots.revoke import REVOKE_ROOT
from tanos.services.catalogue import PLATFORM, TANIUM_SERVER, ZONE_SERVER
from tanos.services.client import client as client_module
from tanos.services.client.client import Client, Who
from tanos.services.client.keyring import Keyring
from tanos.services.client.neighbours import Neighbourhood
from tanos.services.client.settings import ClientSettings
from tanos.services.connecting import Target
from tanos.services.protocol import NEW
from tests.tanos.exchange.conftest import do
from tests.tanos.services.conftest import LOOPBACK
from tests.tanos.services.test_server_keys import both, until, verified_by

pytestmark = pytest.mark.door
SAYS_NOTHING_OF_THE_ROOT = {"no-hub", "server-unreachable", "not-ready"}
"""Refusals while a server or a hub begins anew."""


async def until_all(players: Sequence["Player"], root: x509.Certificate) -> None:
    """Wait until all are registered with a key below that root; many take their time on a busy machine."""
    async with asyncio.timeout(90 + 3 * len(players)):
        while not all(each.has_key_of(root) for each in players):  # noqa: ASYNC110 - what signs is in other processes
            await asyncio.sleep(0.05)


class Player:
    """A client, and what it was refused for."""

    def __init__(self, name: str, target: Target, roots: Sequence[x509.Certificate]) -> None:
        self.target, self.refused = target, set[str]()
        self.who, self.settings, self.roots = Who(name, "7.4"), ClientSettings(NEW), roots

    def begin(self) -> None:
        """Come, with what was kept."""
        keyring = Keyring(self.settings, self.roots)
        self.client = Client(self.who, self.target, self.settings, None, tell=self._hear, keyring=keyring)
        self.client.neighbours = Neighbourhood(self.client.hello, keyring)
        self._task = asyncio.create_task(self.client.keep())

    def _hear(self, said: Message) -> None:
        reason = str(said.fields.get("reason", ""))
        if said.template.startswith("refused") or "certificate" in reason:
            self.refused.add(reason)

    async def end(self) -> None:
        """Go."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if self.client.neighbours:
            await self.client.neighbours.close()

    @property
    def known(self) -> list[str]:
        assert self.client.keyring is not None
        return self.client.keyring.known

    def has_key_of(self, root: x509.Certificate) -> bool:
        """Say whether it is registered and shows a key that goes back to that root."""
        held = self.client.keyring.key.certified if self.client.keyring else None
        return self.client.connection is not None and held is not None and held.intermediate.issuer == root.subject


@asynccontextmanager
async def all_of(players: Sequence[Player]) -> AsyncIterator[None]:
    """Have them come, and go after the block."""
    for each in players:
        each.begin()
    try:
        yield
    finally:
        await asyncio.gather(*(each.end() for each in players))


@pytest.mark.parametrize("clients", [12, pytest.param(200, marks=pytest.mark.soak)])
async def test_none_is_refused_for_the_change_of_a_root_and_none_keeps_a_revoked_key(
    tmp_path: Path, clients: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "PING_SECONDS", 1.0)
    async with both(tmp_path) as (server, at_server, zone, at_zone):
        first, legacy = (find_root(server, name) for name in ("ts1.lab.test Root 0", "legacy-root"))
        ports = [
            (server.identity.fqdn, at_server.services[TANIUM_SERVER.name].ports[PLATFORM]),
            (zone.identity.fqdn, at_zone.services[ZONE_SERVER.name].ports[PLATFORM]),
        ]
        players = [
            Player(f"pc{number}", Target(name, LOOPBACK, port), [(first, legacy)[number % 4 // 2].certificate])
            for number in range(clients)
            for name, port in [ports[number % 2]]
        ]
        for name, port in ports:
            await until(lambda name=name, port=port: verified_by(port, name, first.pem))  # type: ignore[misc]  # both bound
        async with all_of(players):
            await until_all(players, first.certificate)
            away = players[:: max(2, clients // 10)]
            await asyncio.gather(*(each.end() for each in away))
            await do(server, CREATE_ROOT)
            second = rotating(server)[-1]
            await do(server, REVOKE_ROOT, name=first.server_value)
            here = [each for each in players if each not in away]
            await until_all(here, second.certificate)
            for each in away:
                each.begin()
            await until_all(players, second.certificate)
            assert not any(first.check_code in each.known for each in players)
        assert not set().union(*(each.refused for each in players)) - SAYS_NOTHING_OF_THE_ROOT
