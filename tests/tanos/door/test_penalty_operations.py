"""Penalties at every face: listed with their reason, lifted, and networks exempt from them."""

from datetime import timedelta
from typing import Any

import pytest

from tanos.appliance import Appliance
from tanos.door.penalties import Penalty, exemptions, lifted, penalties, write_penalty
from tanos.door.penalty_operations import END_EXEMPTION, EXEMPT_NETWORK, LIFT_PENALTY, read_penalties, why
from tanos.errors import NotYet, TanosError
from tanos.operation import Operation, silent
from tanos.report import Table
from tests.conftest import NOON, call


def penalise(appliance: Appliance, network: str, minutes: int = 5) -> None:
    """Put a penalty into the store, as the front door does."""
    until = (NOON + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
    with appliance.store.change(call(appliance)) as change:
        write_penalty(change, Penalty(network, 9, 12, "2026-11-22T11:58:00Z", until, 40))


async def do(appliance: Appliance, operation: Operation[Any], network: str) -> dict[str, Any]:
    """Prepare and apply."""
    asked = call(appliance)
    return dict((await operation.apply(asked, await operation.prepare(asked, network=network), silent)).data)


async def test_the_list_says_who_why_since_and_until(bare_zone_server: Appliance) -> None:
    penalise(bare_zone_server, "192.0.2.7")
    listed = await read_penalties(call(bare_zone_server))
    assert listed.data["penalties"] == [
        {
            "network": "192.0.2.7",
            "passwords": 9,
            "connections": 12,
            "since": "2026-11-22T11:58:00Z",
            "until": "2026-11-22T12:05:00Z",
            "refused": 40,
        }
    ]
    assert str(why(penalties(bare_zone_server)[0])) == "9 wrong passwords, 12 connections with unknown keys"


async def test_of_an_exempt_network_no_penalty_is_shown_since_none_holds(bare_zone_server: Appliance) -> None:
    penalise(bare_zone_server, "192.0.2.7")
    await do(bare_zone_server, EXEMPT_NETWORK, "192.0.2.0/24")
    assert (await read_penalties(call(bare_zone_server))).data["penalties"] == []
    await do(bare_zone_server, END_EXEMPTION, "192.0.2.0/24")
    assert len((await read_penalties(call(bare_zone_server))).data["penalties"]) == 1


async def test_what_ended_is_no_longer_listed_nor_kept(bare_zone_server: Appliance) -> None:
    penalise(bare_zone_server, "192.0.2.7", minutes=-1)
    assert penalties(bare_zone_server) == []
    penalise(bare_zone_server, "192.0.2.8")
    assert len(bare_zone_server.store.rows("SELECT * FROM penalties")) == 1


async def test_a_penalty_is_lifted_once_and_the_audit_says_which(bare_zone_server: Appliance) -> None:
    penalise(bare_zone_server, "2001:db8:1:2::/64")
    await do(bare_zone_server, LIFT_PENALTY, "2001:DB8:1:2::/64")
    assert (penalties(bare_zone_server), lifted(bare_zone_server)) == ([], ["2001:db8:1:2::/64"])
    record = bare_zone_server.store.row("SELECT object, before, after FROM audit ORDER BY id DESC")
    assert record is not None
    assert tuple(record) == ("2001:db8:1:2::/64", "until 2026-11-22T12:05:00Z", "lifted")
    assert (await LIFT_PENALTY.prepare(call(bare_zone_server), network="2001:db8:1:2::/64")).nothing_to_do


async def test_a_penalty_is_lifted_by_its_number_in_the_list(bare_zone_server: Appliance) -> None:
    for minutes, network in ((9, "192.0.2.7"), (5, "192.0.2.8")):
        penalise(bare_zone_server, network, minutes)
    (table, *_) = (await read_penalties(call(bare_zone_server))).sections
    assert isinstance(table, Table)
    assert [row[:2] for row in table.rows] == [("1", "192.0.2.7"), ("2", "192.0.2.8")]
    assert await do(bare_zone_server, LIFT_PENALTY, " 2 ") == {"network": "192.0.2.8"}
    for typed in ("0", "2", "\u00b2", "99999999999999999999"):
        with pytest.raises(TanosError) as refused:
            await do(bare_zone_server, LIFT_PENALTY, typed)
        assert refused.value.id == "bad-network"


@pytest.mark.parametrize(
    ("network", "warned"),
    [("0.0.0.0/0", True), ("10.0.0.0/8", True), ("::/0", True), ("2001:db8::/32", True), ("192.0.2.0/24", False),
     ("172.16.0.0/16", False), ("2001:db8::/48", False)],
)  # fmt: skip
async def test_who_exempts_half_of_the_world_is_warned(
    bare_zone_server: Appliance, network: str, warned: bool
) -> None:
    plan = await EXEMPT_NETWORK.prepare(call(bare_zone_server), network=network)
    assert [each.id for each in plan.findings] == ["wide-network"] * warned


async def test_networks_are_exempt_until_that_is_ended(bare_zone_server: Appliance) -> None:
    assert await do(bare_zone_server, EXEMPT_NETWORK, "192.0.2.9/24") == {"network": "192.0.2.0/24", "exempt": True}
    assert [str(each) for each in exemptions(bare_zone_server)] == ["192.0.2.0/24"]
    plan = await EXEMPT_NETWORK.prepare(call(bare_zone_server), network="192.0.2.0/24")
    assert plan.nothing_to_do
    await do(bare_zone_server, END_EXEMPTION, "192.0.2.0/24")
    assert exemptions(bare_zone_server) == []
    with pytest.raises(TanosError) as refused:
        await do(bare_zone_server, END_EXEMPTION, "192.0.2.0/24")
    assert refused.value.id == "no-such-network"


async def test_a_decision_that_another_session_overtook_is_stale(bare_zone_server: Appliance) -> None:
    asked = call(bare_zone_server)
    plan = await EXEMPT_NETWORK.prepare(asked, network="192.0.2.7")
    await do(bare_zone_server, EXEMPT_NETWORK, "192.0.2.7")
    with pytest.raises(NotYet) as refused:
        await EXEMPT_NETWORK.apply(asked, plan, silent)
    assert refused.value.id == "stale"
