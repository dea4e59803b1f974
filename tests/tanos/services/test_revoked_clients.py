"""A client that is revoked is refused by servers, wherever it comes, and its connections end."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tanos.platform import R7_4
from tanos.revocation.revoking_clients import REVOKE_CLIENT
from tanos.roots.kept import rotating
from tanos.secret import Secret
from tanos.services.catalogue import PLATFORM, TANIUM_SERVER
from tanos.services.client.client import Client, Who
from tanos.services.client.keyring import Keyring
from tanos.services.client.settings import ClientSettings
from tanos.services.connecting import Target
from tanos.services.frames import BadFrame, Frame
from tanos.services.protocol import NEW, Hello, Part
from tanos.services.registered import registered
from tanos.services.relaying import Asking
from tanos.services.revoked_clients import CLIENTS, RevokedClients, parts_of_ids
from tanos.services.tanium_server.registering import Registrar
from tanos.setup import init_appliance
from tests.conftest import TS1
from tests.tanos.exchange.conftest import do
from tests.tanos.services.conftest import supervising
from tests.tanos.services.saying import said_words
from tests.tanos.services.segments import LOOPBACK, TS, Segments, client, made_hub, orders, segments, until


async def revoke(running: Segments, *clients: Client) -> None:
    """Have both services told what their supervisor tells them."""
    for part in parts_of_ids(each.hello.id for each in clients):
        await running.server.answer(CLIENTS, part)
        if running.hub is not None:
            await running.hub.answer(CLIENTS, part)


@pytest.mark.parametrize("by_zone", [False, True])
@pytest.mark.parametrize("release", ["7.2", "7.4"])
async def test_it_is_let_go_and_refused_and_nobody_else_is(by_zone: bool, release: str) -> None:
    server = {"enable_protocol_314_flag": 1}
    async with segments(release="7.4", has_hub=by_zone, server=server) as running:
        target, said = running.target(by_zone=by_zone), list[str]()
        async with client(target, "pc1", release) as pc1, client(target, "pc2", release) as pc2:
            pc1._tell = lambda message: said.append(str(message))
            await until(lambda: pc1.connection and pc2.connection)
            there = pc2.connection
            await revoke(running, pc1)
            await until(lambda: any("client-revoked" in each for each in said))
            assert (pc1.connection, pc2.connection) == (None, there)


async def test_a_zone_server_hears_of_it_from_a_hub_that_comes_later_and_remembers_it_when_that_is_gone() -> None:
    async with (
        segments(release="7.4", has_hub=False) as running,
        client(running.target(by_zone=True), "pc1", "7.4") as pc1,
    ):
        hub = running.hub = made_hub(running)
        await until(lambda: pc1.connection)
        await hub.close()
        running.hub = None
        hub = made_hub(running, name="ts2")
        for part in parts_of_ids([pc1.hello.id]):
            await hub.answer(CLIENTS, part)
        await until(lambda: pc1.hello.id in running.zone._hubs)
        await until(lambda: pc1.connection is None)
        await hub.close()
        again = made_hub(running)
        await until(lambda: len(running.zone._hubs.all) == 1)
        assert pc1.hello.id in running.zone._hubs
        await again.close()


async def test_an_operator_revokes_one_and_the_services_let_go_of_it(tmp_path: Path) -> None:
    server = init_appliance(
        tmp_path / "ts1", replace(TS1, release=R7_4), authorized_key=None, password=Secret("Correct-Horse-9-B")
    ).appliance
    settings, said = ClientSettings(NEW), list[str]()
    async with supervising(server) as running:
        target = Target(TS1.fqdn, LOOPBACK, running.services[TANIUM_SERVER.name].ports[PLATFORM])
        keyring = Keyring(settings, [each.certificate for each in rotating(server)])
        pc1 = Client(
            Who("pc1", "7.4"), target, settings, None, tell=lambda words: said.append(str(words)), keyring=keyring
        )
        task = asyncio.create_task(pc1.keep())
        try:
            await until(lambda: pc1.connection and keyring.key.certified and registered(server, "client"))
            done = await do(server, REVOKE_CLIENT, client=settings.id)
            assert done.findings == ()
            await until(lambda: any("client-revoked" in each for each in said))
            assert pc1.connection is None
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def test_a_zone_server_that_does_not_know_yet_relays_it_in_vain_and_no_neighbour_is_told_of_it() -> None:
    revoked = RevokedClients()
    registrar = Registrar(orders(TS, "7.4", {}), lambda _: None, revoked)
    registrar.telling.hear(said_words())

    def registered(client_id: str, port: int) -> Frame:
        asking = Asking(Hello(Part.CLIENT, client_id, client_id, NEW, "7.4"), LOOPBACK, True, "zs1.lab.test")
        return registrar.relayed(asking, {"register": {"port": port}})

    registered("c1", 1001)
    assert [each["id"] for each in registered("c2", 1002)["neighbours"]] == ["c1"]
    (part,) = parts_of_ids(["c1"])
    assert revoked.take_part(part)
    assert not revoked.take_part(part)
    assert registered("c1", 1001) == {"refused": "client-revoked"}
    assert registered("c2", 1002)["neighbours"] == []


@given(
    st.none() | st.integers() | st.dictionaries(st.sampled_from(["part", "of", "data"]), st.integers() | st.text())
)
def test_no_rubbish_changes_who_is_revoked(frame: Any) -> None:
    revoked = RevokedClients()
    for part in parts_of_ids(["c1"]):
        revoked.take_part(part)
    with pytest.raises(BadFrame):
        revoked.take_part(frame)
    assert "c1" in revoked
