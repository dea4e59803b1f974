"""Two appliances whose services are processes: an exchange ends in a handshake that the hub saw; whatever dies comes
back, and every client with it.
"""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tanos.appliance import Appliance
from tanos.exchange import ledger
from tanos.exchange.installed import installed_certificate
from tanos.exchange.root import IMPORT_PUBLIC_KEY
from tanos.services.catalogue import PLATFORM, TANIUM_SERVER, ZONE_SERVER, ZONE_SERVER_HUB
from tanos.services.client.client import Client, Who
from tanos.services.client.settings import ClientSettings
from tanos.services.connecting import Target, TlsMode
from tanos.services.protocol import OLD
from tanos.services.registered import registered
from tanos.services.tls import platform_client
from tanos.settings.catalogue import setting_named
from tanos.settings.setting import Component
from tanos.settings.values import write
from tanos.supervising.process import Supervised
from tanos.supervising.supervisor import Supervisor
from tests.conftest import call
from tests.tanos.exchange.conftest import do, exchange
from tests.tanos.services.conftest import LOOPBACK, supervising, until

CLIENTS = 50


@asynccontextmanager
async def joined(
    server: Appliance, zone: Appliance, mode: TlsMode = TlsMode.OPTIONAL
) -> AsyncIterator[tuple[Supervisor, Supervisor]]:
    """Supervise both, the hub told where the zone server listens."""
    decide(zone, Component.ZONE_SERVER, "AllowedHubs", LOOPBACK)
    async with supervising(zone) as outside:
        port = outside.services[ZONE_SERVER.name].ports[PLATFORM]
        decide(server, Component.HUB, "ZoneServerList", f"zs1.lab.test={LOOPBACK}:{port}")
        decide(server, Component.HUB, "ReportingTLSMode", mode)
        async with supervising(server) as inside:
            yield inside, outside


async def trust(zone: Appliance, server: Appliance) -> None:
    await do(zone, IMPORT_PUBLIC_KEY, source="paste", text=(server.root / "tanium.pub").read_bytes())


def decide(appliance: Appliance, component: Component, name: str, value: int | str) -> None:
    with appliance.store.change(call(appliance)) as change:
        write(change, setting_named(appliance.identity, name, component), value)


@pytest.mark.crash
async def test_what_is_installed_is_served_at_once_and_the_exchange_is_complete_when_the_hub_saw_it(
    server: Appliance, zone: Appliance
) -> None:
    await trust(zone, server)
    async with joined(server, zone) as (_, outside):
        service = outside.services[ZONE_SERVER.name]
        process, since = service._process, service.since
        await until(lambda: bool(registered(server, "zone-server")))
        assert not registered(server, "zone-server")[0].using_tls
        made, _, installed = await exchange(zone, server)
        code = made.data["check_code"]
        assert installed.data["served"]["check_code"] == code
        await until(lambda: ledger.exchanges(server)[0].state == "complete")
        assert ledger.exchanges(server)[0].check_code == code
        await until(lambda: registered(server, "zone-server")[0].using_tls)
        assert (service._process, service.since) == (process, since), "nothing had to be started again"
        await _a_client_of_its_own_process(server, service.ports[PLATFORM])


async def _a_client_of_its_own_process(server: Appliance, port: int) -> None:
    client = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "menus", "client", "--release", "7.2", "--server", f"zs1.lab.test={LOOPBACK}:{port}",
        "--root", str(server.root / "tanium.pub"), "--set", "ReportingTLSMode=1", "--name", "lone",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert client.stdout is not None
    assert await client.stdout.readline() == b"registered with ts1.lab.test, using TLS\n"
    client.terminate()
    assert await client.wait() == 0
    await until(lambda: [row.name for row in registered(server, "client")] == ["lone"])


@pytest.mark.crash
@pytest.mark.parametrize("kills", [3, pytest.param(40, marks=pytest.mark.soak)])
async def test_hub_zone_server_and_tanium_server_are_killed_while_clients_talk_and_all_come_back(
    server: Appliance, zone: Appliance, kills: int
) -> None:
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    if installed_certificate(zone) is None:
        await trust(zone, server)
        await exchange(zone, server)
    async with joined(server, zone) as (inside, outside), talking(server, outside) as clients:
        await until(lambda: all(each.registrations for each in clients))
        victims = [inside.services[ZONE_SERVER_HUB.name], inside.services[TANIUM_SERVER.name]]
        victims.append(outside.services[ZONE_SERVER.name])
        for each in (*chance.sample(victims, 3), *chance.choices(victims, k=kills - 3)):
            await asyncio.sleep(chance.random() * 0.3)
            if each.is_running:
                kill(each)
        await until(lambda: all(each.restarts and each.is_running for each in victims))
        since = [each.registrations for each in clients]
        await until(lambda: all(now.registrations > then for now, then in zip(clients, since, strict=True)), 100)
    rows = {row.name: row for row in registered(server, "client")}
    rows.pop("lone", None)
    assert set(rows) == {each.hello.name for each in clients}, seed
    assert {(row.via, row.using_tls, row.protocol) for row in rows.values()} == {("zs1.lab.test", True, OLD)}, seed


def kill(each: Supervised) -> None:
    assert each._process is not None
    os.kill(each._process.pid, signal.SIGKILL)


@asynccontextmanager
async def talking(server: Appliance, outside: Supervisor) -> AsyncIterator[list[Client]]:
    """Run clients by the zone server that register again and again."""
    target = Target("zs1.lab.test", LOOPBACK, outside.services[ZONE_SERVER.name].ports[PLATFORM])
    context = platform_client((server.root / "tanium.pub").read_text())
    clients = [
        Client(
            Who(f"pc{number}", "7.2"), target, ClientSettings(OLD, None, {"ReportingTLSMode": 1}), context,
            reset=(0.2, 0.6),
        )
        for number in range(CLIENTS)
    ]  # fmt: skip
    tasks = [asyncio.create_task(each.keep()) for each in clients]
    try:
        yield clients
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
