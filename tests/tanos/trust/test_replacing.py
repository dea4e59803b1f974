"""Replacing the other server of a pair, and revoking root keys where another server trusts this one."""

from pathlib import Path

import pytest

from tanos.appliance import Appliance
from tanos.errors import AnswerRefused
from tanos.finding import Severity
from tanos.operation import silent
from tanos.roots.kept import State as RootState
from tanos.roots.kept import find_root
from tanos.trust.deciding import ACCEPT_SERVER, REVOKE_TRUST
from tanos.trust.guide import REPLACE_SERVER
from tanos.trust.kept import others
from tanos.trust.machine import State
from tanos.trust.root_list import LIST_ROOTS_OF_BOTH
from tanos.trust.root_revoking import REVOKE_ROOT_IN_PAIR
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock, clock
from tests.tanos.trust.made import another_root, exchange, known, meet, server, states
from tests.tanos.trust.test_deciding import do

__all__ = ["clock"]
Pair = tuple[Appliance, Appliance]
ROOT_0 = "ts1.lab.test Root 0"


@pytest.fixture
async def pair(tmp_path: Path, clock: Clock) -> Pair:
    """Two servers that trust each other."""
    one, other = server(tmp_path, "ts1", clock), server(tmp_path, "ts2", clock)
    meet(one, other)
    for each in (one, other):
        await do(each, ACCEPT_SERVER, name="", code=known(each).code)
    exchange(one, other)
    assert states(one, other) == [State.TRUSTED, State.TRUSTED]
    return one, other


async def stands(appliance: Appliance) -> tuple[int, str | None]:
    """Return how many steps are done, and what is next."""
    data = (await REPLACE_SERVER.read(call(appliance))).data
    assert len(data["steps"]) <= 8
    return sum(step["done"] for step in data["steps"]), data["next"]


async def test_each_step_of_a_replacement_is_seen_from_where_the_servers_stand(
    pair: Pair, tmp_path: Path, clock: Clock
) -> None:
    one, _ = pair
    assert await stands(one) == (0, "trust revoke")
    assert "last heard" in str((await REPLACE_SERVER.read(call(one))).sections)
    await do(one, REVOKE_TRUST, name="ts2")
    assert "last heard" not in str((await REPLACE_SERVER.read(call(one))).sections)
    assert await stands(one) == (2, "trust discover")
    clock.go(days=1)
    anew = server(tmp_path, "ts2", clock)
    meet(anew, one)
    assert await stands(one) == (4, "trust accept")
    (new,) = [each for each in others(one) if each.waits_for_us]
    await do(one, ACCEPT_SERVER, name=new.key, code=new.code)
    assert await stands(one) == (5, "trust list")
    exchange(anew, one)
    await do(anew, ACCEPT_SERVER, name="", fingerprint=new.own_key)
    assert "tanium-init.dat" not in str((await REPLACE_SERVER.read(call(one))).sections)
    exchange(anew, one)
    assert await stands(one) == (6, None)
    assert "tanium-init.dat" in str((await REPLACE_SERVER.read(call(one))).sections)
    assert [each.state for each in others(one)] == [State.TRUSTED, State.REVOKED]
    assert (await REPLACE_SERVER.read(call(anew))).data["next"] == "trust revoke"


async def test_there_is_nothing_to_replace_where_nobody_was_trusted(tmp_path: Path, clock: Clock) -> None:
    assert await stands(server(tmp_path, "ts1", clock)) == (0, None)


async def test_the_only_root_by_which_the_other_server_knows_this_one_is_not_revoked(pair: Pair) -> None:
    one, other = pair
    plan = await REVOKE_ROOT_IN_PAIR.prepare(call(one), name=ROOT_0)
    assert [each.id for each in plan.refusals] == ["trust-first", "last-root"]
    another_root(one, 1)
    plan = await REVOKE_ROOT_IN_PAIR.prepare(call(one), name=ROOT_0)
    assert [each.id for each in plan.refusals] == ["trust-first"]
    with pytest.raises(AnswerRefused) as refused:
        await REVOKE_ROOT_IN_PAIR.apply(call(one), plan, silent)
    assert refused.value.id == "trust-first"
    for _ in range(2):
        exchange(one, other)
    plan = await REVOKE_ROOT_IN_PAIR.prepare(call(one), name=ROOT_0)
    assert [(each.id, each.severity) for each in plan.findings] == [
        ("both-servers", Severity.WARN),
        ("week-not-over", Severity.WARN),
    ]
    await REVOKE_ROOT_IN_PAIR.apply(call(one), plan, silent)
    exchange(one, other)
    assert states(one, other) == [State.TRUSTED, State.TRUSTED]


async def test_the_roots_of_who_is_trusted_are_listed_beside_the_own(pair: Pair) -> None:
    one, other = pair
    theirs = find_root(other, "ts2.lab.test Root 0")
    told = await LIST_ROOTS_OF_BOTH.read(call(one))
    assert [(each["server_value"], each["check_code"]) for each in told.data["trusted"]] == [
        (theirs.server_value, theirs.check_code)
    ]
    await do(one, REVOKE_TRUST, name="ts2")
    assert "trusted" not in (await LIST_ROOTS_OF_BOTH.read(call(one))).data


async def test_who_lost_his_trust_revokes_his_roots_as_if_alone(pair: Pair) -> None:
    one, _ = pair
    another_root(one, 1)
    await do(one, REVOKE_TRUST, name="ts2")
    await do(one, REVOKE_ROOT_IN_PAIR, name=ROOT_0)
    assert find_root(one, ROOT_0).state is RootState.REVOKED
