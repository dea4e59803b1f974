"""A pair that was put in place by somebody who is gone is seen served, or the one that was served last is back."""

import asyncio
import signal
import sys
from dataclasses import replace

import pytest

from tanos.active_pair.other_server import shown_by
from tanos.appliance import Appliance
from tanos.certificates.check_code import fingerprint
from tanos.certificates.pair_kinds import SOAP
from tanos.https_pairs.swap import live_fingerprint
from tanos.keeper import keeper_of
from tanos.overview.state import main_menu_state
from tanos.overview.status import STATUS
from tanos.recovery import recover
from tanos.services.catalogue import HTTPS, TANIUM_SERVER, Service
from tanos.services.last_served import last_served
from tanos.services.orders import Orders
from tanos.setup import init_appliance
from tanos.supervising.process import Supervised
from tanos.supervising.supervisor import Supervisor
from tests.conftest import NOON, TS1, call
from tests.tanos.https_pairs.made import FQDN, authority, key_pem, pem, rsa_key
from tests.tanos.keys.forms import LINE
from tests.tanos.services.conftest import supervising, until
from tests.tanos.services.test_kills import Served, served

CA = authority()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Appliance:
    """A Tanium Server at the hour of the certificates."""
    home = tmp_path_factory.mktemp("soap") / "ts1"
    init_appliance(home, TS1, authorized_key=LINE.encode(), password=None).appliance.store.close()
    return Appliance(home, TS1, lambda: NOON)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """With a certificate in this list the server does not come up."""
    found, real = list[str](), Supervisor._orders

    def orders(self: Supervisor, service: Service) -> Orders:
        made = real(self, service)
        is_broken = any(each in made.pairs.get("soap", "") for each in found)
        return replace(made, pairs={**made.pairs, "soap": "no pair"}) if is_broken else made

    monkeypatch.setattr(Supervisor, "_orders", orders)
    return found


def issued(name: str) -> tuple[bytes, str, str]:
    """Return a certificate: all of its file, itself alone, its fingerprint."""
    leaf = CA.issue(names=(FQDN, name))
    return pem(CA.issuing, leaf), pem(leaf).decode(), fingerprint(leaf)


async def killed_while_installing(server: Appliance, chain: bytes, when: str) -> None:
    """Have a session install it, which ends then."""
    (server.incoming / "SOAPServer.crt").write_bytes(chain)
    (server.incoming / "SOAPServer.key").write_bytes(key_pem(rsa_key()))
    words = [sys.executable, "-m", "tests.tanos.https_pairs.interrupted", str(server.home), when]
    session = await asyncio.create_subprocess_exec(*words)
    async with asyncio.timeout(60):
        assert await session.wait() == -signal.SIGKILL


def serves(service: Supervised, certificate: str) -> bool:
    return HTTPS in service.served and service.served[HTTPS].fingerprint == certificate


def recorded(server: Appliance) -> list[tuple[str, str, str, str, str]]:
    rows = server.store.rows(
        "SELECT face, before, after, result, verb FROM audit WHERE object = 'SOAPServer.crt' ORDER BY id"
    )
    return [tuple(row) for row in rows]


@pytest.mark.crash
async def test_whenever_the_session_is_killed_what_does_not_serve_is_put_back_and_what_serves_stays(
    server: Appliance, broken: list[str]
) -> None:
    async with supervising(server) as supervisor:
        service = supervisor.services[TANIUM_SERVER.name]
        earlier = live_fingerprint(server)
        for when in ("renamed", "recorded", "started"):
            chain, new, shown = issued(f"{when}.lab.test")
            broken.append(new)
            await killed_while_installing(server, chain, when)
            await until(lambda: serves(service, earlier))
            assert live_fingerprint(server) == earlier, when
            assert recorded(server)[-3:] == [
                ("system" if when == "renamed" else "verb", earlier, shown, "done", "test"),
                ("system", shown, earlier, "begun", "put-back"),
                ("system", shown, earlier, "done", "put-back"),
            ]
            assert any(shown in str(each) for each in (await STATUS.read(call(server))).findings)
        assert any("put back" in str(each) for each in main_menu_state(server))
        chain, _, shown = issued("good.lab.test")
        await killed_while_installing(server, chain, "recorded")
        await until(lambda: serves(service, shown))
    assert recover(server) == []
    assert not any("put back" in str(each) for each in main_menu_state(server))


@pytest.mark.crash
async def test_it_is_put_back_also_where_all_were_gone_and_the_appliance_is_served_again(server: Appliance) -> None:
    earlier = live_fingerprint(server)
    async with served(server) as here:
        await is_shown(here, earlier)
    leaf = CA.issue(names=(FQDN, "dark.lab.test"))
    version = keeper_of(server).install_pair("soap", key_pem(rsa_key()), pem(leaf, CA.issuing), "tanadmin")
    key = SOAP.directory(server.certificates) / f"v{version:06}" / SOAP.key
    key.write_bytes(key.read_bytes()[:-40])
    async with served(server) as here:
        await is_shown(here, earlier)
        assert live_fingerprint(server) == earlier


async def is_shown(here: Served, certificate: str) -> None:
    """Wait until the console presents it, and the supervisor knows that it does."""
    async with asyncio.timeout(60):
        while await shown_by("localhost", here.ports[HTTPS]) != certificate:  # noqa: ASYNC110 - another process shows it
            await asyncio.sleep(0.05)
    await until(lambda: last_served(here.appliance)[TANIUM_SERVER.name].fingerprint == certificate)
