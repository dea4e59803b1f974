"""One client is revoked: what is asked, written down, and shown."""

import pytest

from menus.clients_menu import _clients
from tanos.appliance import Appliance
from tanos.errors import AnswerRefused
from tanos.operation import NOTHING_TO_DO, silent
from tanos.overview.client_status import LIST_CLIENTS
from tanos.report import Facts, Say, Table
from tanos.revocation.clients import MOST, RevokedClient, revoked_client, revoked_clients, write_revoked
from tanos.revocation.revoking_clients import REVOKE_CLIENT
from tanos.services.registered import write
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock, clock, do, plan
from tests.tanos.roots.made import server_of_7_4

__all__ = ["clock"]
NEW, OLD = "0123456789abcdef0123456789abcdef", "f8482cbe1e8429e1"


def _reported(client_id: str, name: str, protocol: int) -> dict[str, object]:
    return {
        "kind": "client", "id": client_id, "name": name, "release": "7.4", "protocol": protocol,
        "via": "zs1.lab.test", "using_tls": True, "address": "192.0.2.7", "said": "",
    }  # fmt: skip


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Appliance:
    """A Tanium Server of release 7.4 at which two clients registered."""
    made = server_of_7_4(tmp_path_factory.mktemp("server"), clock)
    write(made, [_reported(NEW, "pc1", 315), _reported(OLD, "pc2", 314)])
    return made


async def test_the_end_of_its_id_is_typed_and_it_stays_revoked(server: Appliance, clock: Clock) -> None:
    planned = await REVOKE_CLIENT.prepare(call(server), client=f" {NEW}\n")
    assert (planned.confirmation.word, planned.findings) == (NEW[-4:], ())
    assert revoked_clients(server) == []
    assert "may say another client's id" in " ".join(
        str(each.message) for each in planned.sections if isinstance(each, Say)
    )
    result = await do(server, REVOKE_CLIENT, client=NEW)
    assert result.data["revoked_at"] == server.store.now()
    assert not [row for each in result.sections if isinstance(each, Facts) for row in each.rows if row.mark]
    assert revoked_client(server, NEW) == RevokedClient(NEW, "tanadmin", server.store.now())
    clock.go(days=1)
    again = await REVOKE_CLIENT.prepare(call(server), client=NEW)
    assert again.confirmation == NOTHING_TO_DO
    assert [each.id for each in again.findings] == ["already-revoked"]
    assert revoked_clients(server)[0].revoked_at < server.store.now()
    row = server.store.rows("SELECT object, after FROM audit WHERE object = ? AND result = 'done'", NEW)
    assert [tuple(each) for each in row] == [(NEW, "pc1")]


async def test_that_an_id_of_before_7_4_proves_nothing_is_said(server: Appliance) -> None:
    planned = await REVOKE_CLIENT.prepare(call(server), client=OLD)
    assert [each.id for each in planned.findings] == ["id-not-proved"]
    write(server, [_reported("", "pc3", 314)])
    for nobody in ("pc1", " "):
        with pytest.raises(AnswerRefused, match="no-such-client"):
            await REVOKE_CLIENT.prepare(call(server), client=nobody)


async def test_the_status_names_it_first_as_refused(server: Appliance, clock: Clock) -> None:
    await do(server, REVOKE_CLIENT, client=NEW)
    shown = await LIST_CLIENTS.read(call(server))
    assert {each["id"]: each["refused"] for each in shown.data["clients"]} == {
        NEW: "client-revoked", OLD: "protocol-314-off",
    }  # fmt: skip
    (table,) = shown.sections
    assert isinstance(table, Table)
    assert {str(row[0]): str(row[3]) for row in table.rows}["pc1"] == "revoked"
    assert [each.value for each in _clients(server)] == [OLD]


async def test_who_is_revoked_stays_so_however_many_follow(server: Appliance) -> None:
    with server.store.change(call(server)) as change:
        write_revoked(change, [RevokedClient(f"{number:032x}", "x", change.now) for number in range(MOST)])
    planned = await plan(server, REVOKE_CLIENT, client=NEW)
    with pytest.raises(AnswerRefused, match="list-full"):
        await REVOKE_CLIENT.apply(call(server), planned, silent)
    assert len(revoked_clients(server)) == MOST
    assert revoked_client(server, NEW) is None
    assert revoked_client(server, f"{0:032x}") is not None
