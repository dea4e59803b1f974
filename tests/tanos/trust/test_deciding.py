"""What operators do about another Tanium Server: compare, accept, deny for good, take back; and what they see."""

from pathlib import Path
from typing import Any

import pytest

from tanos.active_pair.other_server import OtherServer, Part, put_other_server
from tanos.appliance import Appliance
from tanos.errors import AnswerRefused, NotYet, TanosError, WrongUse
from tanos.operation import Operation, Result, silent
from tanos.overview.state import main_menu_state
from tanos.roots.kept import find_root
from tanos.trust.deciding import ACCEPT_SERVER, DENY_SERVER, PAUSE, REVOKE_TRUST, WRONG_CODE, check_waiting
from tanos.trust.exchange import outgoing, receive
from tanos.trust.glance import approval_findings, approval_lines
from tanos.trust.kept import find_other, others
from tanos.trust.machine import State
from tanos.trust.page import LIST_SERVERS, ONLY_ANEW, SHOW_HISTORY, SHOW_SERVER, page_state
from tests.conftest import TS1, bare_appliance, call
from tests.tanos.exchange.conftest import Clock, clock
from tests.tanos.trust.made import exchange, known, meet, server, states

__all__ = ["clock"]
Pair = tuple[Appliance, Appliance]


@pytest.fixture
def pair(tmp_path: Path, clock: Clock) -> Pair:
    """Two servers that have met."""
    one, other = server(tmp_path, "ts1", clock), server(tmp_path, "ts2", clock)
    meet(one, other)
    return one, other


async def do(appliance: Appliance, operation: Operation[Any], **answers: str) -> Result:
    plan = await operation.prepare(call(appliance), **answers)
    assert [each.id for each in plan.refusals] == []
    return await operation.apply(call(appliance), plan, silent)


async def refusal(appliance: Appliance, operation: Operation[Any], **answers: str) -> str:
    """Return the id by which it is refused, audited as the gate does."""
    try:
        plan = await operation.prepare(call(appliance, "trust accept"), **answers)
    except TanosError as error:
        appliance.store.refused(call(appliance, "trust accept"), "", error.id)
        return error.id
    return next((each.id for each in plan.refusals), "")


async def trusting(pair: Pair) -> Pair:
    for each in pair:
        await do(each, ACCEPT_SERVER, name="", code=known(each).code)
    exchange(*pair)
    assert states(*pair) == [State.TRUSTED, State.TRUSTED]
    return pair


async def test_the_digits_of_the_other_screen_accept_on_one_and_the_fingerprint_on_the_other(pair: Pair) -> None:
    one, other = pair
    shown = (await LIST_SERVERS.read(call(other))).data["servers"][0]["code"]
    done = await do(one, ACCEPT_SERVER, name="", code=f"{shown[:3]} {shown[3:]}")
    assert (done.data["state"], done.data["accepted_here"]) == ("pending", True)
    exchange(one, other)
    own = (await LIST_SERVERS.read(call(one))).data["own"][0]["fingerprint"]
    done = await do(other, ACCEPT_SERVER, name="ts1.lab.test", fingerprint=own.lower().replace(":", ""))
    assert done.data["state"] == "trusted"
    exchange(one, other)
    assert states(one, other) == [State.TRUSTED, State.TRUSTED]
    row = one.store.rows("SELECT user, object, before, after FROM audit WHERE verb = 'test'")[-1]
    key = known(one).key
    assert tuple(row) == ("tanadmin", "ts2.lab.test", f"unknown {key}", f"pending {key}")
    again = await ACCEPT_SERVER.prepare(call(one), name="", code=shown)
    assert again.nothing_to_do


async def test_bare_accept_is_refused_and_so_is_what_the_other_server_does_not_show(pair: Pair) -> None:
    one, other = pair
    with pytest.raises(WrongUse) as bare:
        await ACCEPT_SERVER.prepare(call(one), name="ts2.lab.test")
    assert bare.value.id == "needs-fingerprint"
    own = find_root(one, "ts1.lab.test Root 0")
    assert await refusal(one, ACCEPT_SERVER, name="ts2", fingerprint=own.fingerprint) == "fingerprint-mismatch"
    assert await refusal(one, ACCEPT_SERVER, fingerprint=own.fingerprint) == "no-such-server"
    code = find_root(other, "ts2.lab.test Root 0").check_code
    assert await refusal(one, ACCEPT_SERVER, fingerprint=code) == ""
    assert states(one, other) == [State.UNKNOWN, State.UNKNOWN]


async def test_three_wrong_codes_and_then_only_the_fingerprint_counts_for_a_while(pair: Pair, clock: Clock) -> None:
    one, _ = pair
    right = known(one).code
    wrong = f"{(int(right) + 1) % 10**6:06}"
    for typed in (wrong, "12345", "١٢٣٤٥٦"):
        assert await refusal(one, ACCEPT_SERVER, name="", code=typed) == WRONG_CODE
    assert await refusal(one, ACCEPT_SERVER, name="", code=right) == "trust-paused"
    assert await refusal(one, ACCEPT_SERVER, name="", fingerprint=known(one).key) == ""
    clock.go(seconds=PAUSE.total_seconds() + 1)
    assert await refusal(one, ACCEPT_SERVER, name="", code=right) == ""


async def test_where_none_waits_no_digits_are_asked_for_and_none_are_counted(
    pair: Pair, tmp_path: Path, clock: Clock
) -> None:
    one, _ = pair
    check_waiting(one)
    await trusting(pair)
    for _ in range(4):
        assert (await ACCEPT_SERVER.prepare(call(one), name="", code="000000")).nothing_to_do
    for each in (one, server(tmp_path, "ts3", clock)):
        with pytest.raises(AnswerRefused) as refused:
            check_waiting(each)
        assert refused.value.id == "no-such-server"


async def test_without_two_exchanges_there_are_no_digits(tmp_path: Path, clock: Clock) -> None:
    one, other = server(tmp_path, "ts1", clock), server(tmp_path, "ts2", clock)
    receive(one, outgoing(other), "10.0.0.2")
    assert await refusal(one, ACCEPT_SERVER, name="ts2", code="000000") == "no-trust-code"


async def test_a_denial_wants_the_full_name_is_final_and_says_so_ever_after(pair: Pair) -> None:
    one, other = pair
    plan = await DENY_SERVER.prepare(call(one), name="ts2")
    assert plan.confirmation.word == "ts2.lab.test"
    assert [each.id for each in plan.findings] == ["trust-final"]
    await do(one, DENY_SERVER, name="ts2")
    exchange(one, other)
    assert states(one, other) == [State.DENIED, State.DENIED]
    for each in pair:
        assert ONLY_ANEW.template in str((await SHOW_SERVER.read(call(each), name=known(each).key)).sections)
        assert await refusal(each, ACCEPT_SERVER, name="", code=known(each).code) == "trust-denied"
        assert await refusal(each, ACCEPT_SERVER, name="", code="000000") == "trust-denied"
        assert await refusal(each, DENY_SERVER, name=known(each).key) == "trust-denied"
        assert approval_lines(each) == ()
    plan = await ACCEPT_SERVER.prepare(call(one), name="", fingerprint=known(one).key)
    assert plan.payload.standing.state is State.DENIED


async def test_who_is_trusted_is_revoked_before_he_is_denied_and_both_accept_anew(pair: Pair) -> None:
    one, other = await trusting(pair)
    assert await refusal(one, DENY_SERVER, name="ts2") == "trust-in-place"
    await do(one, REVOKE_TRUST, name="ts2")
    assert states(one, other) == [State.REVOKED, State.TRUSTED]
    exchange(one, other)
    assert states(one, other) == [State.REVOKED, State.REVOKED]
    assert await refusal(other, REVOKE_TRUST, name="ts1") == "not-trusted"
    await do(one, ACCEPT_SERVER, name="", code=known(one).code)
    exchange(one, other)
    assert states(one, other) == [State.PENDING, State.PENDING]
    await do(other, ACCEPT_SERVER, name="", code=known(other).code)
    exchange(one, other)
    assert states(one, other) == [State.TRUSTED, State.TRUSTED]
    told = (await SHOW_HISTORY.read(call(one))).data["history"]
    assert [each["after"] for each in told] == ["trusted", "pending", "revoked", "trusted", "pending", "unknown"]
    assert [each["by"] for each in told] == ["", "tanadmin", "tanadmin", "", "tanadmin", ""]


async def test_a_decision_about_what_changed_meanwhile_is_stale(pair: Pair) -> None:
    one, other = pair
    plan = await ACCEPT_SERVER.prepare(call(one), name="", code=known(one).code)
    await do(other, DENY_SERVER, name="ts1")
    exchange(one, other)
    with pytest.raises(NotYet) as refused:
        await ACCEPT_SERVER.apply(call(one), plan, silent)
    assert refused.value.id == "stale"
    assert known(one).state is State.DENIED


async def test_every_session_says_that_approval_is_required_until_it_is_decided(pair: Pair, tmp_path: Path) -> None:
    one, other = pair
    assert "trust approval required for ts2.lab.test" in str(approval_lines(one)[0].message)
    assert approval_lines(one)[0] in main_menu_state(one)
    (warned,) = approval_findings(one)
    assert known(one).key in str(warned.message)
    assert known(one).code[:3] in str(page_state(one))
    await do(one, ACCEPT_SERVER, name="", code=known(one).code)
    exchange(one, other)
    assert (approval_lines(one), len(approval_lines(other))) == ((), 1)
    assert approval_lines(bare_appliance(tmp_path / "old", TS1)) == ()


def test_a_pair_of_earlier_releases_is_asked_for_trust(tmp_path: Path, clock: Clock) -> None:
    one = server(tmp_path, "ts1", clock)
    assert approval_lines(one) == ()
    with one.store.change(call(one)) as change:
        put_other_server(change, OtherServer("ts2.lab.test", 8443, Part.PRIMARY, True, ""))
    assert "ts2.lab.test" in str(approval_lines(one)[0].message)
    assert [each.id for each in approval_findings(one)] == ["trust-approval"]
    meet(one, server(tmp_path, "ts2", clock))
    assert "trust approval required" in str(approval_lines(one)[0].message)


async def test_a_pair_is_of_two_and_neither_is_called_as_the_other(pair: Pair, tmp_path: Path, clock: Clock) -> None:
    one, _ = await trusting(pair)
    third, namesake = server(tmp_path, "ts3", clock), server(tmp_path, "ts1", clock)
    for each in (third, namesake):
        meet(each, one)
    assert await refusal(one, ACCEPT_SERVER, name="ts3", fingerprint=known(third).own_key) == "already-paired"
    assert await refusal(one, ACCEPT_SERVER, name="ts1", fingerprint=known(namesake).own_key) == "same-name"
    assert "for 2 servers" in str(approval_lines(one)[0].message)


async def test_who_was_accepted_here_and_has_not_accepted_yet_is_the_other_of_the_pair(
    pair: Pair, tmp_path: Path, clock: Clock
) -> None:
    one, _ = pair
    meet(server(tmp_path, "ts3", clock), one)
    second, third = (find_other(one, name) for name in ("ts2", "ts3"))
    late = await ACCEPT_SERVER.prepare(call(one), name="ts3", fingerprint=third.key)
    await do(one, ACCEPT_SERVER, name="ts2", code=second.code)
    assert await refusal(one, ACCEPT_SERVER, name="ts3", fingerprint=third.key) == "already-paired"
    with pytest.raises(NotYet) as overtaken:
        await ACCEPT_SERVER.apply(call(one), late, silent)
    assert overtaken.value.id == "stale"
    await do(one, REVOKE_TRUST, name="ts2")
    await do(one, ACCEPT_SERVER, name="ts3", fingerprint=third.key)
    assert sorted(each.state for each in others(one)) == [State.PENDING, State.REVOKED]


async def test_a_name_that_two_have_is_not_enough(pair: Pair, tmp_path: Path, clock: Clock) -> None:
    one, _ = pair
    meet(one, server(tmp_path, "ts2", clock))
    assert [each.fqdn for each in others(one)] == ["ts2.lab.test", "ts2.lab.test"]
    for name in ("ts2.lab.test", ""):
        assert await refusal(one, ACCEPT_SERVER, name=name, code="000000") == "no-such-server"
    with pytest.raises(AnswerRefused):
        await DENY_SERVER.prepare(call(one), name="ts2")
    key = others(one)[0].key
    await do(one, DENY_SERVER, name=key)
    assert find_other(one, key).state is State.DENIED
