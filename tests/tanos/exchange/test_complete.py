"""An exchange is complete when its certificate was seen served, and then stays so."""

from datetime import timedelta
from typing import Any

import pytest

from tanos.appliance import Appliance
from tanos.exchange import ledger
from tanos.exchange.complete import complete_seen
from tanos.exchange.ledger import Side
from tanos.exchange.progress import progress
from tests.conftest import NOON, call

CODE = "1111-2222-3333-4444-5555-6666-7777-8888"
SEEN = {"to": "zs1.lab.test", "server": False, "tls": True, "check_code": CODE}


def begin(appliance: Appliance, *states: str) -> None:
    with appliance.store.change(call(appliance)) as change:
        ledger.begin(change, Side.ISSUER, CODE, "CN=zs1.lab.test", "verified")
        for state in states:
            ledger.move(change, Side.ISSUER, CODE, state)


@pytest.mark.parametrize("states", [["issued"], ["issued", "returned"]])
def test_an_issued_certificate_that_a_zone_server_shows_completes_its_exchange_once(
    bare_tanium_server: Appliance, states: list[str]
) -> None:
    begin(bare_tanium_server, *states)
    for _ in range(2):
        complete_seen(bare_tanium_server, [SEEN])
    (exchange,) = ledger.exchanges(bare_tanium_server)
    assert (exchange.state, exchange.is_open) == ("complete", False)
    steps = ledger.steps(bare_tanium_server, exchange)
    assert set(steps) == {"verified", *states, "complete"}
    line = str(progress(exchange, steps, NOON + timedelta(hours=1)))
    assert "complete 12:00" in line
    assert "?" not in line
    records = bare_tanium_server.store.rows("SELECT before, after, verb FROM audit WHERE verb != 'test'")
    assert [tuple(row) for row in records] == [
        (states[-1], "complete, served by zs1.lab.test", "zone-server handshake")
    ]


@pytest.mark.parametrize(
    "segment", [{**SEEN, "tls": False}, {**SEEN, "server": True}, {**SEEN, "check_code": "0"}, {"to": "zs1"}]
)
def test_nothing_else_completes_it(bare_tanium_server: Appliance, segment: dict[str, Any]) -> None:
    begin(bare_tanium_server, "issued")
    complete_seen(bare_tanium_server, [segment])
    assert ledger.exchanges(bare_tanium_server)[0].state == "issued"


def test_a_request_that_was_never_answered_is_not_complete(bare_tanium_server: Appliance) -> None:
    begin(bare_tanium_server)
    complete_seen(bare_tanium_server, [SEEN])
    assert ledger.exchanges(bare_tanium_server)[0].state == "verified"
