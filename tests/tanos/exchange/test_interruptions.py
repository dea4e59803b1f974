"""A process that dies at any step of an operation: real processes, really gone; the next start says what it found."""

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
from tanos.certificates.waiting_keys import WaitingKeys
from tanos.errors import NotYet
from tanos.exchange import ledger
from tanos.exchange.create_csr import CREATE_CSR
from tanos.exchange.import_certificate import IMPORT_CERTIFICATE
from tanos.exchange.import_request import IMPORT_REQUEST
from tanos.exchange.root import IMPORT_PUBLIC_KEY
from tanos.exchange.waiting import waiting_requests
from tanos.keeper import Keeper
from tanos.keys.pair_operations import GENERATE_KEY
from tanos.recovery import recover
from tanos.store.store import Change
from tests.tanos.exchange.conftest import Clock, do, plan, tree
from tests.tanos.exchange.dying import die_at, results
from tests.tanos.keys.made import with_users

pytestmark = pytest.mark.crash


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
