"""A process that dies at any step of an operation: real processes, really gone; the next start says what it found."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tanos.exchange.create_csr
import tanos.exchange.finish
import tanos.exchange.import_certificate
import tanos.exchange.root
import tanos.store.store
from tanos.appliance import Appliance
from tanos.certificates.pairs import PairStore
from tanos.certificates.waiting_keys import WaitingKeys
from tanos.exchange import ledger
from tanos.exchange.create_csr import CREATE_CSR
from tanos.exchange.import_certificate import IMPORT_CERTIFICATE
from tanos.exchange.import_request import IMPORT_REQUEST
from tanos.exchange.installed import installed_data
from tanos.exchange.recover import recover
from tanos.exchange.root import IMPORT_PUBLIC_KEY
from tanos.keeper import Keeper
from tanos.operation import Operation, Plan, Result, silent
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock, do, exchange, now, plan, tree

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
        assert list(Keeper(zone).waiting()) == [code]
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
    (code,) = Keeper(zone).waiting()
    (left,) = ledger.open_requests(zone)
    assert left.check_code == code
    recorded = ledger.find(zone, ledger.Side.REQUESTER, first.data["check_code"])
    assert recorded
    assert (recorded.state == "replaced") == (code != first.data["check_code"])
    assert recover(zone) == []
    assert (zone.outgoing / "reporting.csr").read_text() == Keeper(zone).waiting()[code].pem
    csrs = {path.name for path in zone.outgoing.iterdir() if not path.name.startswith(".")}
    assert csrs == {"reporting.csr", f"reporting-{code[:4]}.csr"}


ISSUE = [
    (tanos.store.store, "record+"),
    (Keeper, "sign"),
    (Keeper, "sign+"),
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


async def test_a_root_whose_record_is_missing_is_told(
    zone_server: Callable[..., Appliance], server: Appliance
) -> None:
    zone = zone_server("zs1", trusting=False)
    pem = (server.root / "tanium.pub").read_bytes()
    prepared = await plan(zone, IMPORT_PUBLIC_KEY, source="paste", text=pem)
    die_at(zone, IMPORT_PUBLIC_KEY, prepared, tanos.store.store, "record")
    (said,) = recover(zone)
    assert "import it again" in str(said)
    await do(zone, IMPORT_PUBLIC_KEY, source="paste", text=pem)
    assert recover(zone) == []


def test_a_new_home_has_nothing_to_recover(bare_zone_server: Appliance, bare_tanium_server: Appliance) -> None:
    assert recover(bare_zone_server) == []
    assert recover(bare_tanium_server) == []
    assert not Path(bare_zone_server.certificates / "reporting").exists()
