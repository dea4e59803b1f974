"""A process that dies while a pair is installed or put back: the old or the new one is in use, which is recorded."""

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
from tanos.exchange import ledger
from tanos.exchange.create_csr import CREATE_CSR
from tanos.exchange.import_certificate import IMPORT_CERTIFICATE
from tanos.exchange.import_request import IMPORT_REQUEST
from tanos.exchange.installed import installed_data
from tanos.exchange.restore import RESTORE_CERTIFICATE
from tanos.keeper import Keeper
from tanos.recovery import recover
from tanos.store.store import Change
from tests.tanos.exchange.conftest import do, exchange, plan
from tests.tanos.exchange.dying import die_at, results

pytestmark = pytest.mark.crash

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
