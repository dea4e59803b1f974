"""SSH rules: from where users sign in, and nobody cuts himself off for good."""

from dataclasses import replace
from typing import Any

import pytest

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.door.rule_operations import ADD_RULE, MOST_RULES, REMOVE_RULE, read_rules
from tanos.door.rules import let_in, rules
from tanos.errors import AnswerRefused, NotYet
from tanos.operation import Operation, silent
from tanos.trials.ends import due
from tanos.trials.trial import waiting
from tests.conftest import NOON, call


def coming_from(appliance: Appliance, address: str) -> Call:
    """Return a call by tanadmin from an address."""
    asked = call(appliance)
    return replace(asked, actor=replace(asked.actor, address=address))


async def do(asked: Call, operation: Operation[Any], network: str) -> list[str]:
    """Prepare and apply; return the ids of the findings."""
    plan = await operation.prepare(asked, network=network)
    await operation.apply(asked, plan, silent)
    return [finding.id for finding in plan.findings]


def standing(appliance: Appliance) -> list[str]:
    """Return the rules."""
    return [str(each) for each in rules(appliance)]


async def test_rules_that_another_session_changed_meanwhile_are_looked_at_again(bare_zone_server: Appliance) -> None:
    asked = coming_from(bare_zone_server, "192.0.2.7")
    plan = await ADD_RULE.prepare(asked, network="192.0.2.0/24")
    assert await do(asked, ADD_RULE, "198.51.100.0/24") == ["on-trial"]
    with pytest.raises(NotYet) as refused:
        await ADD_RULE.apply(asked, plan, silent)
    assert (refused.value.id, standing(bare_zone_server)) == ("stale", ["198.51.100.0/24"])


async def test_a_rule_that_holds_the_present_address_is_no_trial(bare_zone_server: Appliance) -> None:
    asked = coming_from(bare_zone_server, "192.0.2.7")
    assert await do(asked, ADD_RULE, "192.0.2.9/24") == []
    assert (standing(bare_zone_server), waiting(bare_zone_server)) == (["192.0.2.0/24"], [])
    assert (await ADD_RULE.prepare(asked, network="192.0.2.0/24")).nothing_to_do
    assert await do(asked, REMOVE_RULE, "192.0.2.0/24") == []
    assert standing(bare_zone_server) == []


async def test_a_first_rule_elsewhere_goes_on_trial_and_back(bare_zone_server: Appliance) -> None:
    assert await do(coming_from(bare_zone_server, "192.0.2.7"), ADD_RULE, "198.51.100.0/24") == ["on-trial"]
    assert standing(bare_zone_server) == ["198.51.100.0/24"]
    [trial] = waiting(bare_zone_server)
    assert (trial.kind, trial.place) == ("ssh-rules", "ssh-rules")
    due(bare_zone_server, NOON.replace(hour=13))
    assert standing(bare_zone_server) == []


async def test_taking_the_rule_away_that_holds_one_goes_on_trial_and_back(bare_zone_server: Appliance) -> None:
    asked = coming_from(bare_zone_server, "2001:db8::5")
    await do(asked, ADD_RULE, "2001:db8::/32")
    await do(asked, ADD_RULE, "192.0.2.0/24")
    assert await do(asked, REMOVE_RULE, "2001:db8::/32") == ["on-trial"]
    assert standing(bare_zone_server) == ["192.0.2.0/24"]
    due(bare_zone_server, NOON.replace(hour=13))
    assert sorted(standing(bare_zone_server)) == ["192.0.2.0/24", "2001:db8::/32"]


async def test_what_is_changed_while_the_rules_are_on_trial_goes_back_with_them(bare_zone_server: Appliance) -> None:
    inside, other = coming_from(bare_zone_server, "10.0.0.7"), coming_from(bare_zone_server, "192.0.2.7")
    await do(inside, ADD_RULE, "10.0.0.0/8")
    await do(inside, ADD_RULE, "192.0.2.0/24")
    assert await do(inside, REMOVE_RULE, "10.0.0.0/8") == ["on-trial"]
    assert await do(other, REMOVE_RULE, "192.0.2.0/24") == ["on-trial"]
    assert (standing(bare_zone_server), len(waiting(bare_zone_server))) == ([], 1)
    due(bare_zone_server, NOON.replace(hour=13))
    assert standing(bare_zone_server) == ["10.0.0.0/8", "192.0.2.0/24"]


async def test_what_is_undone_by_hand_is_on_trial_no_longer(bare_zone_server: Appliance) -> None:
    asked = coming_from(bare_zone_server, "192.0.2.7")
    await do(asked, ADD_RULE, "198.51.100.0/24")
    await do(asked, REMOVE_RULE, "198.51.100.0/24")
    assert waiting(bare_zone_server) == []
    assert (standing(bare_zone_server), due(bare_zone_server, NOON.replace(hour=13))) == ([], [])


async def test_a_local_console_needs_no_trial(bare_zone_server: Appliance) -> None:
    assert await do(coming_from(bare_zone_server, ""), ADD_RULE, "198.51.100.0/24") == []


@pytest.mark.parametrize(
    ("address", "user", "comes"),
    [
        ("192.0.2.9", "tanadmin", True),
        ("::ffff:192.0.2.9", "tanadmin", True),
        ("192.0.3.9", "tanadmin", False),
        ("192.0.3.9", "nobody", False),
        ("192.0.3.9", "tancopy", True),
        ("", "tanadmin", False),
    ],
)
async def test_who_comes_by_a_rule(bare_zone_server: Appliance, address: str, user: str, comes: bool) -> None:
    await do(call(bare_zone_server), ADD_RULE, "192.0.2.0/24")
    assert let_in(rules(bare_zone_server), address, user) is comes
    assert let_in([], address, user)


async def test_rules_are_bounded_and_listed(bare_zone_server: Appliance) -> None:
    for number in range(MOST_RULES):
        await do(call(bare_zone_server), ADD_RULE, f"10.0.{number}.0/24")
    with pytest.raises(AnswerRefused) as refused:
        await do(call(bare_zone_server), ADD_RULE, "10.1.0.0/24")
    assert refused.value.id == "too-many-rules"
    assert len((await read_rules(call(bare_zone_server))).data["rules"]) == MOST_RULES
    with pytest.raises(AnswerRefused) as refused:
        await do(call(bare_zone_server), REMOVE_RULE, "10.9.0.0/24")
    assert refused.value.id == "no-such-network"
