"""Policies: what is read is always allowed, and deciding one is a change like any other."""

from datetime import timedelta
from typing import Any

import pytest

from tanos.appliance import Appliance
from tanos.errors import AnswerRefused, NotYet
from tanos.message import N_
from tanos.operation import silent
from tanos.policy.policy import Policy
from tanos.policy.table import MENU_TIMEOUT, POLICIES
from tanos.policy_setting.operations import SET_POLICY, allowed, named, read_all, understood
from tanos.trials.ends import due
from tanos.trials.kinds import told
from tanos.trials.trial import waiting
from tests.conftest import NOON, call

SWITCH = Policy("a-switch", N_("A switch"), 0)


async def decide(appliance: Appliance, name: str, value: str) -> dict[str, Any]:
    """Decide a policy as a face does."""
    asked = call(appliance, "policy set")
    plan = await SET_POLICY.prepare(asked, name=name, value=value)
    return dict((await SET_POLICY.apply(asked, plan, silent)).data)


async def test_nothing_decided_means_the_default(bare_zone_server: Appliance) -> None:
    assert MENU_TIMEOUT.read(bare_zone_server) == 900
    listed = await read_all(call(bare_zone_server))
    assert listed.data["policies"] == {policy.name: policy.default for policy in POLICIES}


async def test_what_was_decided_holds_and_is_audited_with_before_and_after(bare_zone_server: Appliance) -> None:
    assert await decide(bare_zone_server, "Menu-Timeout", " 600 ") == {"policy": "menu-timeout", "value": 600}
    assert MENU_TIMEOUT.read(bare_zone_server) == 600
    record = bare_zone_server.store.row("SELECT object, before, after FROM audit ORDER BY id DESC")
    assert record is not None
    assert tuple(record) == ("menu-timeout", "900", "600")


async def test_the_same_again_is_nothing_to_do_and_leaves_no_record(bare_zone_server: Appliance) -> None:
    await decide(bare_zone_server, "menu-timeout", "900")
    assert bare_zone_server.store.rows("SELECT * FROM audit") == []


@pytest.mark.parametrize("typed", ["", "9", "86401", "-1", "1e3", "٣٠", "on", "600 s", "9" * 400])
async def test_what_lies_outside_the_range_is_refused(bare_zone_server: Appliance, typed: str) -> None:
    with pytest.raises(AnswerRefused) as refused:
        await decide(bare_zone_server, "menu-timeout", typed)
    assert refused.value.id == "out-of-range"
    assert MENU_TIMEOUT.read(bare_zone_server) == 900


async def test_zero_has_a_meaning_of_its_own(bare_zone_server: Appliance) -> None:
    assert (await decide(bare_zone_server, "menu-timeout", "0"))["value"] == 0
    assert str(MENU_TIMEOUT.words(0)) == "never"


def test_an_unknown_policy_is_refused_with_the_names_of_all() -> None:
    with pytest.raises(AnswerRefused) as refused:
        named("no\x1bsuch")
    assert refused.value.id == "no-such-policy"
    assert "menu-timeout" in str(refused.value.remedy)
    assert "\x1b" not in str(refused.value.message)


@pytest.mark.parametrize(("typed", "value"), [("on", 1), ("YES", 1), ("1", 1), ("off", 0), ("n", 0), ("0", 0)])
def test_a_switch_takes_words(typed: str, value: int) -> None:
    assert understood(SWITCH, typed) == value
    assert str(allowed(SWITCH)) == "on or off"


@pytest.mark.parametrize("typed", ["2", "", "maybe"])
def test_a_switch_is_not_a_number(typed: str) -> None:
    with pytest.raises(AnswerRefused):
        understood(SWITCH, typed)


def test_a_stored_value_that_the_range_no_longer_holds_counts_as_the_default(bare_zone_server: Appliance) -> None:
    with bare_zone_server.store.change(call(bare_zone_server)) as change:
        change.execute("INSERT INTO policies VALUES ('menu-timeout', 3, '')")
        with pytest.raises(ValueError, match="menu-timeout"):
            MENU_TIMEOUT.write(change, 3)
    assert MENU_TIMEOUT.read(bare_zone_server) == 900


async def test_a_plan_that_another_session_overtook_is_stale(bare_zone_server: Appliance) -> None:
    asked = call(bare_zone_server, "policy set")
    plan = await SET_POLICY.prepare(asked, name="menu-timeout", value="60")
    await decide(bare_zone_server, "menu-timeout", "300")
    with pytest.raises(NotYet) as refused:
        await SET_POLICY.apply(asked, plan, silent)
    assert refused.value.id == "stale"
    assert MENU_TIMEOUT.read(bare_zone_server) == 300


async def test_a_value_that_can_keep_somebody_out_is_decided_on_trial_and_another_for_good(
    bare_zone_server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_new = Policy("only-new", N_("Only new"), 0, keeps_out=lambda on: N_("Old clients stay out.") if on else None)
    for module in ("tanos.policy_setting.operations", "tanos.policy_setting.on_trial"):
        monkeypatch.setattr(f"{module}.POLICIES", (*POLICIES, only_new))
    asked = call(bare_zone_server, "policy set")
    plan = await SET_POLICY.prepare(asked, name="only-new", value="on")
    assert [finding.id for finding in plan.findings] == ["on-trial"]
    await SET_POLICY.apply(asked, plan, silent)
    assert only_new.read(bare_zone_server) == 1
    (trial,) = waiting(bare_zone_server)
    assert str(told(trial)) == "Only new: on"
    assert [str(message) for message in due(bare_zone_server, NOON + timedelta(minutes=10))] == [
        "Nobody confirmed in time. Undone: Only new: on"
    ]
    assert only_new.read(bare_zone_server) == 0
    await decide(bare_zone_server, "only-new", "on")
    await decide(bare_zone_server, "only-new", "off")
    assert waiting(bare_zone_server) == []
