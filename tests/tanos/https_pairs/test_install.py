"""Install Custom SOAP Cert: copied, swapped, seen served, and back by itself where it is not."""

import asyncio
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from menus.shown import section_lines
from tanos.active_pair import other_server
from tanos.active_pair.other_server import OtherServer, Part, put_other_server
from tanos.appliance import Appliance
from tanos.certificates.check_code import fingerprint
from tanos.certificates.pair_kinds import SOAP
from tanos.errors import AnswerRefused, Damaged, NotYet
from tanos.https_pairs.backup import REMOVE_BACKUP, copies, expire_backup
from tanos.https_pairs.guide import SOAP_GUIDE
from tanos.https_pairs.install import SOAP_INSTALL
from tanos.https_pairs.restore import SOAP_RESTORE
from tanos.https_pairs.swap import live_fingerprint
from tanos.keeper import Keeper, keeper_of
from tanos.message import N_
from tanos.operation import Plan, Result, silent
from tanos.report import Facts, Mark
from tanos.secret import Secret
from tanos.services.catalogue import HTTPS, TANIUM_SERVER, Service
from tanos.services.orders import Orders
from tanos.setup import init_appliance
from tanos.supervising.supervisor import Supervisor
from tests.conftest import NOON, TS1, call
from tests.tanos.https_pairs.made import FQDN, authority, key_pem, pem, rsa_key
from tests.tanos.keys.forms import LINE
from tests.tanos.services.conftest import supervising, until

CA = authority()
CERTIFICATE, KEY = copies(SOAP)
ANSWERS: dict[str, Any] = {
    "window": True,
    "source": "incoming",
    "passphrase": Secret(""),
    "text": b"",
    "backup": True,
    "shared_with": "",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a Tanium Server."""
    home = tmp_path_factory.mktemp("soap") / "ts1"
    init_appliance(home, TS1, authorized_key=LINE.encode(), password=None).appliance.store.close()
    return home


@pytest.fixture
def server(made: Path) -> Appliance:
    """A Tanium Server at the hour of the certificates."""
    for name in ("incoming", "outgoing"):
        for path in (made / "dropbox" / name).iterdir():
            path.unlink()
    return Appliance(made, TS1, lambda: NOON)


def upload(server: Appliance, *names: str) -> x509.Certificate:
    """Put a new certificate and its key into `/incoming`."""
    leaf = CA.issue(names=(FQDN, *names))
    (server.incoming / "SOAPServer.crt").write_bytes(pem(CA.issuing, leaf))
    (server.incoming / "SOAPServer.key").write_bytes(key_pem(rsa_key()))
    return leaf


def said(outcome: Plan[Any] | Result) -> str:
    """Return what an operator reads of it, without the findings."""
    return " ".join(section_lines(outcome.sections))


async def install(server: Appliance, **answers: Any) -> Result:
    """Do it, as after `YES`."""
    plan = await SOAP_INSTALL.prepare(call(server), **{**ANSWERS, **answers})
    assert plan.refusals == ()
    return await SOAP_INSTALL.apply(call(server), plan, silent)


def served_to_openssl(port: int, directory: Path) -> str:
    """Return the fingerprint of what openssl is shown, once it has verified it by the root."""
    root = directory / "root.pem"
    root.write_bytes(pem(CA.root))
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-CAfile", str(root), "-verify_hostname", FQDN,
               "-verify_return_error", "-attime", str(int(NOON.timestamp()))]  # fmt: skip
    done = subprocess.run(command, input=b"", capture_output=True, check=True)
    return fingerprint(x509.load_pem_x509_certificate(done.stdout[done.stdout.index(b"-----BEGIN") :]))


@pytest.mark.crash
async def test_what_is_installed_is_served_and_an_earlier_one_comes_back(server: Appliance, tmp_path: Path) -> None:
    earlier = live_fingerprint(server)
    old = keeper_of(server).pair_shown("soap", earlier)
    leaf = upload(server)
    async with supervising(server) as supervisor:
        port = supervisor.services[TANIUM_SERVER.name].ports[HTTPS]
        shown = said(await SOAP_INSTALL.prepare(call(server), **ANSWERS))
        assert "is stopped meanwhile" in shown
        assert "put back by itself" in shown
        assert "this server presents" in said(await SOAP_GUIDE.read(call(server)))
        done = await install(server)
        assert done.data["fingerprint"] == done.data["served"]["fingerprint"] == fingerprint(leaf)
        assert await asyncio.to_thread(served_to_openssl, port, tmp_path) == fingerprint(leaf)
        assert done.data["wiped"] == ["SOAPServer.key"]
        assert [path.name for path in server.incoming.iterdir()] == ["SOAPServer.crt"]
        assert ((server.outgoing / KEY).read_bytes(), (server.outgoing / CERTIFICATE).read_bytes()) == old
        assert (server.outgoing / KEY).stat().st_mode & 0o777 == 0o600
        restore = await SOAP_RESTORE.prepare(call(server), version="")
        back = await SOAP_RESTORE.apply(call(server), restore, silent)
        assert back.data["served"]["fingerprint"] == back.data["fingerprint"] == earlier
    rows = server.store.rows("SELECT before, after, result FROM audit WHERE object = 'SOAPServer.crt' ORDER BY id")
    told = [(row["before"], row["after"], row["result"]) for row in rows][-4:]
    assert told[:2] == [(earlier, fingerprint(leaf), "begun"), (earlier, fingerprint(leaf), "done")]
    assert [result for *_, result in told[2:]] == ["begun", "done"]


@pytest.mark.crash
async def test_where_the_server_does_not_come_up_the_earlier_pair_is_back_and_served(
    server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier, version = live_fingerprint(server), keeper_of(server).current("soap")
    new = pem(upload(server, "ts2.lab.test")).decode()
    real = Supervisor._orders

    def broken(self: Supervisor, service: Service) -> Orders:
        orders = real(self, service)
        if new in orders.pairs.get("soap", ""):
            return replace(orders, pairs={**orders.pairs, "soap": "no pair"})
        return orders

    monkeypatch.setattr(Supervisor, "_orders", broken)
    async with supervising(server) as supervisor:
        with pytest.raises(Damaged, match="soap-put-back"):
            async with asyncio.timeout(60):
                await install(server)
        assert supervisor.services[TANIUM_SERVER.name].served[HTTPS].fingerprint == earlier
    assert (live_fingerprint(server), keeper_of(server).current("soap")) == (earlier, version)
    assert (server.incoming / "SOAPServer.key").exists(), "it was not installed"


@pytest.mark.crash
async def test_it_goes_back_also_to_a_pair_that_is_older_than_those_that_are_kept(
    server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaves = [CA.issue(names=(FQDN, f"n{number}.lab.test")) for number in range(3)]
    oldest, *_ = [
        keeper_of(server).install_pair("soap", key_pem(rsa_key()), pem(leaf, CA.issuing), "test") for leaf in leaves
    ]
    keeper_of(server).restore("soap", oldest)
    earlier = fingerprint(leaves[0])
    new = pem(upload(server, "ts7.lab.test")).decode()
    real = Supervisor._orders

    def broken(self: Supervisor, service: Service) -> Orders:
        orders = real(self, service)
        is_new = new in orders.pairs.get("soap", "")
        return replace(orders, pairs={**orders.pairs, "soap": "no pair"}) if is_new else orders

    monkeypatch.setattr(Supervisor, "_orders", broken)
    async with supervising(server) as supervisor:
        with pytest.raises(Damaged, match="soap-put-back"):
            async with asyncio.timeout(60):
                await install(server)
        assert supervisor.services[TANIUM_SERVER.name].served[HTTPS].fingerprint == earlier
    assert (live_fingerprint(server), keeper_of(server).current("soap")) == (earlier, oldest)


@pytest.mark.crash
async def test_each_step_is_told_and_where_the_swap_fails_the_server_runs_again_as_it_was(
    server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(server, "ts6.lab.test")
    earlier = live_fingerprint(server)
    async with supervising(server) as supervisor:
        service = supervisor.services[TANIUM_SERVER.name]
        with monkeypatch.context() as patch:
            patch.setattr(Keeper, "install_pair", _no_space)
            with pytest.raises(Damaged, match="disk-failed"):
                await install(server)
        await until(lambda: service.is_running)
        assert service.served[HTTPS].fingerprint == earlier == live_fingerprint(server)
        assert (server.incoming / "SOAPServer.key").exists()
        facts = (await install(server)).sections[0]
        assert isinstance(facts, Facts)
        assert [str(each.label) for each in facts.rows] == [
            "backup in /outgoing", "stopped", "put in place", "started", "handshake", "fingerprint",
            "wiped from /incoming",
        ]  # fmt: skip
        assert {each.mark for each in facts.rows[1:5]} == {Mark.OK}


@pytest.mark.crash
async def test_where_the_other_server_is_stopped_in_the_same_moment_this_one_comes_back_as_it_was(
    server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(server, "ts8.lab.test")
    earlier, other = live_fingerprint(server), CA.issue(common_name="ts2.lab.test", names=("ts2.lab.test",))
    answers = iter([other, other])

    async def shown(host: str, port: int) -> bytes:
        for leaf in answers:
            return leaf.public_bytes(Encoding.DER)
        raise NotYet("other-end-unreachable", N_("Nothing answers."), N_("Start it."))

    monkeypatch.setattr(other_server, "shown_certificate", shown)
    with server.store.change(call(server)) as change:
        put_other_server(change, OtherServer("ts2.lab.test", 443, Part.PRIMARY, False, fingerprint(other)))
    try:
        async with supervising(server) as supervisor:
            service = supervisor.services[TANIUM_SERVER.name]
            with pytest.raises(NotYet, match="other-server-down"):
                await install(server)
            await until(lambda: service.is_running)
            assert service.served[HTTPS].fingerprint == earlier == live_fingerprint(server)
    finally:
        with server.store.change(call(server)) as change:
            change.execute("DELETE FROM other_server")


def _no_space(*_: object) -> int:
    raise Damaged("disk-failed", N_("No space is left."), N_("Make some."))


async def test_without_a_server_it_is_installed_and_nothing_is_copied_where_that_is_not_wanted(
    server: Appliance,
) -> None:
    leaf = upload(server, "ts3.lab.test")
    told = said(await SOAP_INSTALL.prepare(call(server), **ANSWERS))
    assert "does not run, and is not started" in told
    assert "put back by itself" not in told
    assert "installed, and not served now" in said(await SOAP_GUIDE.read(call(server)))
    done = await install(server, backup=False)
    assert [each.id for each in done.findings] == ["not-served"]
    assert (done.data["served"], done.data["backup"]) == (None, [])
    assert live_fingerprint(server) == fingerprint(leaf)
    assert list(server.outgoing.iterdir()) == []
    with pytest.raises(AnswerRefused, match="no-such-version"):
        await SOAP_RESTORE.prepare(call(server), version="99")
    (server.incoming / "SOAPServer.key").write_bytes(key_pem(rsa_key()))
    again = await SOAP_INSTALL.prepare(call(server), **ANSWERS)
    assert again.nothing_to_do
    await SOAP_INSTALL.apply(call(server), again, silent)
    assert not (server.incoming / "SOAPServer.key").exists()


async def test_two_at_once_are_one_and_one_that_is_told(server: Appliance) -> None:
    upload(server, "ts4.lab.test")
    plan = await SOAP_INSTALL.prepare(call(server), **ANSWERS)
    upload(server, "ts5.lab.test")
    await install(server)
    with pytest.raises(NotYet, match="stale"):
        await SOAP_INSTALL.apply(call(server), plan, silent)


async def test_a_key_that_came_while_the_plan_stood_is_not_wiped_with_the_installed_one(server: Appliance) -> None:
    upload(server, "ts7.lab.test")
    plan = await SOAP_INSTALL.prepare(call(server), **ANSWERS)
    newer = key_pem(rsa_key(7))
    (server.incoming / "SOAPServer.key").write_bytes(newer)
    done = await SOAP_INSTALL.apply(call(server), plan, silent)
    assert (done.data["wiped"], (server.incoming / "SOAPServer.key").read_bytes()) == ([], newer)
    assert "uploaded-since" in [each.id for each in done.findings]


async def test_outside_a_window_nothing_is_read_and_what_is_missing_is_named(server: Appliance) -> None:
    with pytest.raises(AnswerRefused, match="not-now"):
        await SOAP_INSTALL.prepare(call(server), **{**ANSWERS, "window": False})
    with pytest.raises(AnswerRefused, match=r"missing-file: .*SOAPServer.crt"):
        await SOAP_INSTALL.prepare(call(server), **ANSWERS)


async def test_a_copy_goes_after_a_day_or_when_it_is_told_to(server: Appliance) -> None:
    for remove in (True, False):
        upload(server, f"{remove}.lab.test".lower())
        await install(server)
        assert (server.outgoing / KEY).exists()
        if remove:
            plan = await REMOVE_BACKUP.prepare(call(server))
            await REMOVE_BACKUP.apply(call(server), plan, silent)
        else:
            expire_backup(server)
            assert (server.outgoing / KEY).exists()
            path = server.outgoing / KEY
            server.clock = lambda path=path: _later(path)  # type: ignore[misc]  # bound, so that it is the file's
            expire_backup(server)
        assert list(server.outgoing.iterdir()) == []


async def test_a_copy_that_was_made_before_the_clock_was_set_back_does_not_stay_until_it_is_that_late_again(
    server: Appliance,
) -> None:
    upload(server, "back.lab.test")
    await install(server)
    made = (server.outgoing / KEY).stat().st_mtime
    server.clock = lambda: datetime.fromtimestamp(made, UTC) - timedelta(days=400)
    expire_backup(server)
    assert list(server.outgoing.iterdir()) == []


def _later(path: Path) -> Any:
    return datetime.fromtimestamp(path.stat().st_mtime if path.exists() else 0, UTC) + timedelta(days=1, seconds=1)
