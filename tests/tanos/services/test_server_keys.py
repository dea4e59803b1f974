"""Server TLS keys among running services: asked for over the hub's line, presented at once, rotated with the root."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tanos.appliance import Appliance, utc_now
from tanos.exchange.root import IMPORT_PUBLIC_KEY
from tanos.keeper import Keeper
from tanos.platform import R7_4
from tanos.revocation.revoking import REVOKE_CERTIFICATE
from tanos.roots.create import CREATE_ROOT
from tanos.roots.kept import find_root, rotating
from tanos.roots.revoke import REVOKE_ROOT
from tanos.secret import Secret
from tanos.services.catalogue import PLATFORM, TANIUM_SERVER, ZONE_SERVER
from tanos.services.hub_ways import ways_in_trouble
from tanos.services.tls import platform_client
from tanos.settings.catalogue import setting_named
from tanos.settings.values import write
from tanos.setup import init_appliance
from tanos.subordinate.holders import holders
from tanos.subordinate.operations import APPROVE_KEY
from tanos.subordinate.pending import pending
from tanos.supervising.supervisor import Supervisor
from tests.conftest import TS1, ZS1, call
from tests.tanos.exchange.conftest import do
from tests.tanos.services.conftest import LOOPBACK, supervising
from tests.tanos.subordinate.servers import give_reporting_pair, roots_held

pytestmark = pytest.mark.door
LONG = 90.0


async def until(true: Callable[[], bool]) -> None:
    """Wait until a thing is so; the machine may be busy."""
    async with asyncio.timeout(LONG):
        while not true():  # noqa: ASYNC110 - what is waited for is in other processes
            await asyncio.sleep(0.05)


def set_to(appliance: Appliance, name: str, value: str) -> None:
    with appliance.store.change(call(appliance)) as change:
        write(change, setting_named(appliance.identity, name), value)


@asynccontextmanager
async def both(
    directory: Path, *, has_pair: bool = True
) -> AsyncIterator[tuple[Appliance, Supervisor, Appliance, Supervisor]]:
    """Run a Tanium Server with hub and a zone server of release 7.4, which may have a pair of the manual way."""
    password = Secret("Correct-Horse-9-B")
    server = init_appliance(
        directory / "ts1", replace(TS1, release=R7_4), authorized_key=None, password=password
    ).appliance
    zone = init_appliance(
        directory / "zs1", replace(ZS1, release=R7_4), authorized_key=None, password=password
    ).appliance
    await do(zone, IMPORT_PUBLIC_KEY, source="paste", text=(server.root / "tanium.pub").read_bytes())
    if has_pair:
        give_reporting_pair(zone, server)
    set_to(zone, "AllowedHubs", LOOPBACK)
    async with supervising(zone) as at_zone:
        port = at_zone.services[ZONE_SERVER.name].ports[PLATFORM]
        set_to(server, "ZoneServerList", f"{zone.identity.fqdn}={LOOPBACK}:{port}")
        async with supervising(server) as at_server:
            yield server, at_server, zone, at_zone


def verified_by(port: int, name: str, root: str) -> bool:
    """Say whether who trusts that root alone is shown what he can verify."""
    try:
        with (
            socket.create_connection((LOOPBACK, port), timeout=30) as plain,
            platform_client(root).wrap_socket(plain, server_hostname=name),
        ):
            return True
    except (ssl.SSLError, ConnectionResetError):
        return False


async def hubs_at(supervisor: Supervisor) -> object:
    """Return which hubs a zone server has, and how they came."""
    line = supervisor.services[ZONE_SERVER.name].line
    assert line is not None
    return (await line.ask("state"))["hubs"]


async def test_a_root_rotates_over_the_live_connections(tmp_path: Path) -> None:
    async with both(tmp_path) as (server, at_server, zone, at_zone):
        first = find_root(server, "ts1.lab.test Root 0")
        await until(lambda: roots_held(zone) == [first.check_code])
        assert roots_held(server) == [first.check_code]
        zone_port = at_zone.services[ZONE_SERVER.name].ports[PLATFORM]
        server_port = at_server.services[TANIUM_SERVER.name].ports[PLATFORM]
        await until(lambda: verified_by(zone_port, zone.identity.fqdn, first.pem))
        assert verified_by(server_port, server.identity.fqdn, first.pem)
        assert verified_by(server_port, server.identity.fqdn, find_root(server, "legacy-root").pem)
        await until(lambda: any(each.held_at and each.root == first.check_code for each in holders(server)))
        hub = await hubs_at(at_zone)
        await do(server, CREATE_ROOT)
        second = rotating(server)[-1]
        await until(lambda: roots_held(zone) == roots_held(server) == [first.check_code, second.check_code])
        for port, name in ((zone_port, zone.identity.fqdn), (server_port, server.identity.fqdn)):
            await until(lambda port=port, name=name: verified_by(port, name, second.pem))  # type: ignore[misc]  # both bound
            assert verified_by(port, name, first.pem)
        assert await hubs_at(at_zone) == hub
        await do(server, REVOKE_ROOT, name=first.server_value)
        await until(lambda: roots_held(zone) == roots_held(server) == [second.check_code])
        for port, name in ((zone_port, zone.identity.fqdn), (server_port, server.identity.fqdn)):
            await until(lambda port=port, name=name: not verified_by(port, name, first.pem))  # type: ignore[misc]  # both bound
            assert verified_by(port, name, second.pem)
        assert len(Keeper(zone).serving_pairs("server-tls")) == 1
        assert utc_now() < second.certificate.not_valid_after_utc
        verbs = {row["verb"] for row in zone.store.rows("SELECT DISTINCT verb FROM audit WHERE result = 'done'")}
        assert {"root-letter take", "subordinate-keys renew", "subordinate-keys drop"} <= verbs


async def test_a_zone_server_without_a_proof_is_approved_and_so_is_one_that_was_revoked(tmp_path: Path) -> None:
    async with both(tmp_path, has_pair=False) as (server, at_server, zone, at_zone):
        root = find_root(server, "ts1.lab.test Root 0")
        port = at_zone.services[ZONE_SERVER.name].ports[PLATFORM]
        await until(lambda: bool(pending(server)))
        (asked,) = pending(server)
        assert [asked.check_code] == list(Keeper(zone).waiting("server-tls"))
        assert not verified_by(port, zone.identity.fqdn, root.pem)
        await until(lambda: [each.reason for each in ways_in_trouble(server)] == ["waits-for-approval"])
        await do(server, APPROVE_KEY, name=asked.name)
        await until(lambda: roots_held(zone) == [root.check_code])
        await until(lambda: verified_by(port, zone.identity.fqdn, root.pem))
        await until(lambda: ways_in_trouble(server) == () and not pending(server))
        serial = server.store.rows("SELECT serial FROM issued WHERE subject = 'CN=zs1.lab.test'")[0]["serial"]
        await do(server, REVOKE_CERTIFICATE, serial=serial, reason="privilege-withdrawn")
        await until(lambda: [each.reason for each in ways_in_trouble(server)] == ["waits-for-approval"])
        (again,) = pending(server)
        assert again.check_code != asked.check_code
        await do(server, APPROVE_KEY, name=again.name)
        await until(lambda: ways_in_trouble(server) == ())
        assert verified_by(port, zone.identity.fqdn, root.pem)
        assert at_server.services[TANIUM_SERVER.name].is_running
