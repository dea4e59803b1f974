"""A process that dies at any step of an operation: real processes, really gone; the next start says what it found."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tanos.certificates.root_files
import tanos.exchange.create_csr
import tanos.exchange.finish
import tanos.exchange.import_certificate
import tanos.exchange.restore
import tanos.keys.own_pair
import tanos.keys.pair_operations
import tanos.store.store
from tanos.appliance import Appliance
from tanos.certificates.pairs import PairStore
from tanos.certificates.waiting_keys import WaitingKeys
from tanos.errors import NotYet
from tanos.exchange import ledger
from tanos.exchange.create_csr import CREATE_CSR
from tanos.exchange.import_certificate import IMPORT_CERTIFICATE
from tanos.exchange.import_request import IMPORT_REQUEST
from tanos.exchange.installed import installed_data
from tanos.exchange.restore import RESTORE_CERTIFICATE
from tanos.exchange.root import IMPORT_PUBLIC_KEY
from tanos.exchange.waiting import waiting_requests
from tanos.keeper import Keeper
from tanos.keys.pair_operations import GENERATE_KEY
from tanos.operation import Operation, Plan, Result, silent
from tanos.recovery import recover
from tanos.store.store import Change
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock, do, exchange, now, plan, tree
from tests.tanos.keys.made import with_users

pytestmark = pytest.mark.crash
KILLED = 9


def dying(real: Callable[..., Any], *, after: bool) -> Callable[..., Any]:
    """Return `real` that ends the process before or after it did its work."""

    def death(*words: Any, **names: Any) -> Any:
        if after:
            real(*words, **names)
        os._exit(KILLED)

    return death


async def do_plan(appliance: Appliance, operation: Operation[Any], prepared: Plan[Any]) -> Result:
    return await operation.apply(call(appliance), prepared, silent)


def die_at(appliance: Appliance, operation: Operation[Any], prepared: Plan[Any], where: Any, name: str) -> None:
    """Apply a plan in a process that dies at `where.name` (`name` may end in `+`: after its work)."""
    appliance.store.close()
    child = os.fork()
    if child == 0:
        try:
            bare = name.rstrip("+")
            setattr(where, bare, dying(getattr(where, bare), after=name.endswith("+")))
            now(do_plan(appliance, operation, prepared))
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED


INSTALL = [
    (tanos.exchange.import_certificate, "finish"),
    (tanos.exchange.import_certificate, "finish+"),
    (PairStore, "install"),
    (PairStore, "install+"),
    (WaitingKeys, "remove"),
    (WaitingKeys, "remove+"),
    (tanos.store.store, "record"),
    (tanos.store.store, "record+"),
    (tanos.exchange.import_certificate, "tidy"),
    (tanos.exchange.finish, "withdraw+"),
    (tanos.exchange.import_certificate, "report"),
]


@pytest.mark.parametrize(("where", "name"), INSTALL)
@pytest.mark.parametrize("earlier", [False, True])
async def test_an_installation_that_dies_leaves_the_old_or_the_new_pair(
    zone: Appliance, server: Appliance, where: Any, name: str, earlier: bool
) -> None:
    if earlier:
        await exchange(zone, server)
    before = installed_data(zone)
    made = await do(zone, CREATE_CSR)
    code = made.data["check_code"]
    issued = await do(server, IMPORT_REQUEST, source="paste", text=made.data["csr"].encode())
    certificate = issued.data["certificate"].encode()
    die_at(
        zone, IMPORT_CERTIFICATE, await plan(zone, IMPORT_CERTIFICATE, source="paste", text=certificate), where, name
    )

    said = recover(zone)
    present = installed_data(zone)
    exchange_now = ledger.find(zone, ledger.Side.REQUESTER, code)
    assert exchange_now
    if present == before:
        assert exchange_now.is_open
        assert list(Keeper(zone).waiting("reporting")) == [code]
        assert (zone.outgoing / "reporting.csr").exists()
    else:
        assert present
        assert present["check_code"] == code
        assert exchange_now.state == "installed"
        assert not list(zone.requests.iterdir())
        assert Keeper(zone).handshake().ok
    assert recover(zone) == [], said
    again = await do(zone, IMPORT_CERTIFICATE, source="paste", text=certificate)
    assert again.data["check_code"] == code
    assert again.data["handshake"]["ok"]


async def test_an_installation_whose_record_is_missing_is_completed_and_told(
    zone: Appliance, server: Appliance
) -> None:
    made = await do(zone, CREATE_CSR)
    issued = await do(server, IMPORT_REQUEST, source="paste", text=made.data["csr"].encode())
    prepared = await plan(zone, IMPORT_CERTIFICATE, source="paste", text=issued.data["certificate"].encode())
    die_at(zone, IMPORT_CERTIFICATE, prepared, tanos.store.store, "record")
    (said,) = recover(zone)
    assert made.data["check_code"] in str(said)
    assert "version 1" in str(said)
    row = zone.store.row("SELECT * FROM audit ORDER BY id DESC LIMIT 1")
    assert row
    assert (row["verb"], row["face"], row["result"]) == ("recover", "system", "done")


CREATE = [
    (Keeper, "make_request"),
    (Keeper, "make_request+"),
    (WaitingKeys, "put+"),
    (tanos.exchange.create_csr, "_record+"),
    (tanos.exchange.create_csr, "_publish+"),
    (tanos.store.store, "record+"),
    (tanos.exchange.create_csr, "withdraw"),
    (tanos.exchange.create_csr, "withdraw+"),
    (tanos.exchange.create_csr, "_report"),
]


@pytest.mark.parametrize(("where", "name"), CREATE)
async def test_a_request_that_dies_in_the_making_leaves_one_waiting_key(
    zone: Appliance, clock: Clock, where: Any, name: str
) -> None:
    first = await do(zone, CREATE_CSR)
    clock.go(minutes=1)
    die_at(zone, CREATE_CSR, await plan(zone, CREATE_CSR), where, name)
    recover(zone)
    (code,) = Keeper(zone).waiting("reporting")
    (left,) = ledger.open_requests(zone)
    assert left.check_code == code
    recorded = ledger.find(zone, ledger.Side.REQUESTER, first.data["check_code"])
    assert recorded
    assert (recorded.state == "replaced") == (code != first.data["check_code"])
    assert recover(zone) == []
    assert (zone.outgoing / "reporting.csr").read_text() == waiting_requests(Keeper(zone))[code].pem
    csrs = {path.name for path in zone.outgoing.iterdir() if not path.name.startswith(".")}
    assert csrs == {"reporting.csr", f"reporting-{code[:4]}.csr"}


ISSUE = [
    (tanos.store.store, "record+"),
    (Keeper, "sign_certificate"),
    (Keeper, "sign_certificate+"),
]


@pytest.mark.parametrize(("where", "name"), ISSUE)
async def test_an_issue_that_dies_spends_no_second_serial(
    zone: Appliance, server: Appliance, where: Any, name: str
) -> None:
    request = (await do(zone, CREATE_CSR)).data["csr"].encode()
    own = tree(server.certificates)
    die_at(server, IMPORT_REQUEST, await plan(server, IMPORT_REQUEST, source="paste", text=request), where, name)
    recover(server)
    issued = await do(server, IMPORT_REQUEST, source="paste", text=request)
    rows = server.store.rows("SELECT serial FROM issued WHERE check_code = ?", issued.data["check_code"])
    assert [row["serial"] for row in rows] == [issued.data["serial"]]
    assert tree(server.certificates) == own
    assert recover(server) == []


def results(appliance: Appliance, about: str) -> list[str]:
    """Return what the audit says of an object, in order."""
    rows = appliance.store.rows("SELECT result FROM audit WHERE object = ? ORDER BY id", about)
    return [row["result"] for row in rows]


@pytest.mark.parametrize("healed", ["by recovery", "by hand"])
@pytest.mark.parametrize(
    ("where", "name"), [(WaitingKeys, "remove"), (WaitingKeys, "remove+"), (tanos.store.store, "record")]
)
async def test_importing_again_completes_an_installation_that_died(
    zone: Appliance, server: Appliance, where: Any, name: str, healed: str
) -> None:
    made = await do(zone, CREATE_CSR)
    issued = await do(server, IMPORT_REQUEST, source="paste", text=made.data["csr"].encode())
    certificate = issued.data["certificate"].encode()
    die_at(
        zone, IMPORT_CERTIFICATE, await plan(zone, IMPORT_CERTIFICATE, source="paste", text=certificate), where, name
    )
    assert (await plan(zone, CREATE_CSR)).confirmation.word == "yes"
    if healed == "by recovery":
        recover(zone)
    again = await do(zone, IMPORT_CERTIFICATE, source="paste", text=certificate)
    assert again.data["version"] == 1
    assert len(again.data["settings"]) == 4
    (left,) = ledger.exchanges(zone)
    assert left.state == "installed"
    assert not list(zone.requests.iterdir())
    assert not list(zone.outgoing.iterdir())
    assert (await plan(zone, CREATE_CSR)).confirmation.word == "yes"
    assert recover(zone) == []


async def test_a_new_request_over_an_installation_that_died_completes_its_record(
    zone: Appliance, server: Appliance
) -> None:
    made = await do(zone, CREATE_CSR)
    issued = await do(server, IMPORT_REQUEST, source="paste", text=made.data["csr"].encode())
    prepared = await plan(zone, IMPORT_CERTIFICATE, source="paste", text=issued.data["certificate"].encode())
    die_at(zone, IMPORT_CERTIFICATE, prepared, WaitingKeys, "remove")
    second = await do(zone, CREATE_CSR)
    first = ledger.find(zone, ledger.Side.REQUESTER, made.data["check_code"])
    assert first
    assert first.state == "installed"
    assert list(Keeper(zone).waiting("reporting")) == [second.data["check_code"]]
    assert recover(zone) == []


async def test_a_waiting_key_outlives_a_damaged_pair_that_was_never_recorded(
    zone: Appliance, server: Appliance
) -> None:
    made = await do(zone, CREATE_CSR)
    issued = await do(server, IMPORT_REQUEST, source="paste", text=made.data["csr"].encode())
    certificate = issued.data["certificate"].encode()
    prepared = await plan(zone, IMPORT_CERTIFICATE, source="paste", text=certificate)
    die_at(zone, IMPORT_CERTIFICATE, prepared, WaitingKeys, "remove")
    (zone.certificates / "reporting/current/reporting.pvk").write_bytes(b"rubbish")
    assert any("is damaged" in str(said) for said in recover(zone))
    again = await do(zone, IMPORT_CERTIFICATE, source="paste", text=certificate)
    assert again.data["handshake"]["ok"]
    assert again.data["version"] == 2


RESTORE = [
    (tanos.store.store, "record"),
    (tanos.store.store, "record+"),
    (Change, "end"),
    (Change, "end+"),
    (PairStore, "restore"),
    (PairStore, "restore+"),
    (tanos.exchange.finish, "write_defaults+"),
    (tanos.exchange.restore, "report"),
]


@pytest.mark.parametrize("healed", ["by recovery", "by hand", "by an installation"])
@pytest.mark.parametrize(("where", "name"), RESTORE)
async def test_a_restoration_that_dies_is_recorded_as_what_it_became(
    zone: Appliance, server: Appliance, where: Any, name: str, healed: str
) -> None:
    await exchange(zone, server)
    await exchange(zone, server)
    prepared = await plan(zone, RESTORE_CERTIFICATE)
    die_at(zone, RESTORE_CERTIFICATE, prepared, where, name)
    became = {1: "done", 2: "abandoned"}[Keeper(zone).current("reporting") or 0]
    assert Keeper(zone).handshake().ok
    if healed == "by recovery":
        recover(zone)
    elif healed == "by an installation":
        await exchange(zone, server)
    else:
        await do(zone, RESTORE_CERTIFICATE, version="1")
    told = results(zone, "version 1")
    if healed == "by hand" and became == "abandoned":
        assert told in (["begun", "abandoned", "begun", "done"], ["begun", "done"])
    else:
        assert told in (["begun", became], [])
    assert recover(zone) == []


GENERATE = [
    (tanos.store.store, "record"),
    (tanos.store.store, "record+"),
    (Change, "end"),
    (Change, "end+"),
    (tanos.keys.own_pair, "keep_pair"),
    (tanos.keys.own_pair, "keep_pair+"),
    (tanos.keys.pair_operations, "_shown"),
]


def public_line(appliance: Appliance) -> str:
    """Return the public line of tanadmin's pair, or nothing."""
    try:
        return Keeper(appliance).ssh_public_line("tanadmin")
    except NotYet:
        return ""


@pytest.mark.parametrize("recovered", [True, False])
@pytest.mark.parametrize("earlier", [True, False])
@pytest.mark.parametrize(("where", "name"), GENERATE)
async def test_a_key_pair_whose_making_dies_is_recorded_as_what_it_became(
    bare_zone_server: Appliance, where: Any, name: str, earlier: bool, recovered: bool
) -> None:
    zone = with_users(bare_zone_server)
    if earlier:
        await do(zone, GENERATE_KEY, user="tanadmin")
    before, audited = public_line(zone), len(results(zone, "tanadmin"))
    die_at(zone, GENERATE_KEY, await plan(zone, GENERATE_KEY, user="tanadmin"), where, name)
    became = "abandoned" if public_line(zone) == before else "done"
    if recovered:
        recover(zone)
    again = await do(zone, GENERATE_KEY, user="tanadmin")
    told = results(zone, "tanadmin")[audited:]
    assert told in (["begun", became, "begun", "done"], ["begun", "done"])
    assert again.data["public_key"] == public_line(zone)
    assert recover(zone) == []


TRUST = [
    (tanos.store.store, "record+"),
    (Change, "end+"),
    (tanos.certificates.root_files, "write_whole"),
    (tanos.certificates.root_files, "write_whole+"),
    (tanos.exchange.root, "root_facts"),
]


@pytest.mark.parametrize("recovered", [True, False])
@pytest.mark.parametrize(("where", "name"), TRUST)
async def test_a_root_whose_import_dies_is_recorded_as_what_it_became(
    zone_server: Callable[..., Appliance], server: Appliance, where: Any, name: str, recovered: bool
) -> None:
    zone = zone_server("zs1", trusting=False)
    pem = (server.root / "tanium.pub").read_bytes()
    prepared = await plan(zone, IMPORT_PUBLIC_KEY, source="paste", text=pem)
    die_at(zone, IMPORT_PUBLIC_KEY, prepared, where, name)
    lies = (zone.root / "tanium.pub").exists()
    if recovered:
        recover(zone)
        assert results(zone, "tanium.pub") in (["begun", "done" if lies else "abandoned"], [])
        assert recover(zone) == []
    await do(zone, IMPORT_PUBLIC_KEY, source="paste", text=pem)
    row = zone.store.row("SELECT check_code, subject FROM trusted_root")
    assert row
    assert tuple(row) == (prepared.data["check_code"], prepared.data["subject"])
    assert recover(zone) == []


async def test_a_root_that_nobody_imported_is_told(zone_server: Callable[..., Appliance], server: Appliance) -> None:
    zone = zone_server("zs1", trusting=False)
    pem = (server.root / "tanium.pub").read_bytes()
    (zone.root / "tanium.pub").write_bytes(pem)
    (said,) = recover(zone)
    assert "import it again" in str(said)
    await do(zone, IMPORT_PUBLIC_KEY, source="paste", text=pem)
    assert recover(zone) == []


def test_what_dead_writers_left_half_written_is_swept(bare_zone_server: Appliance) -> None:
    zone = bare_zone_server
    for directory in (zone.outgoing, zone.ssh, zone.root):
        (directory / f".file.{'0' * 16}.new").write_bytes(b"half")
        (directory / ".mine").write_bytes(b"whole")
    assert recover(zone) == []
    for directory in (zone.outgoing, zone.ssh, zone.root):
        assert [path.name for path in directory.iterdir()] == [".mine"]


def test_a_new_home_has_nothing_to_recover(bare_zone_server: Appliance, bare_tanium_server: Appliance) -> None:
    assert recover(bare_zone_server) == []
    assert recover(bare_tanium_server) == []
    assert not Path(bare_zone_server.certificates / "reporting").exists()
