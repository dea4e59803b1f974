"""Wrong passwords lock a password, never a key, and never the last way in for long."""

from datetime import timedelta

import pytest

from tanos.appliance import Appliance
from tanos.errors import AnswerRefused, NotYet
from tanos.keys.authorized import authorize
from tanos.keys.public_key import read_pasted_key
from tanos.secret import Secret
from tanos.store.store import Store
from tanos.users.judge import Verdict, judge, welcome
from tanos.users.listing import read_list
from tanos.users.lockout import LONGEST_OF_THE_LAST_WAY, UNLOCK_USER, WINDOW, lock_of
from tanos.users.new_password import ADD_USER, RESET_USER
from tanos.users.own_password import SET_PASSWORD
from tanos.users.password import hash_password
from tests.conftest import call
from tests.tanos.keys.made import with_users
from tests.tanos.users.acting import by, do, everything_written, last_audit
from tests.tanos.users.test_accounts import OTHER
from tests.tanos.users.test_own_password import decide, later

RIGHT = Secret("Correct-Horse-1")


@pytest.fixture
def appliance(bare_zone_server: Appliance) -> Appliance:
    """An appliance whose tanadmin has a password."""
    return with_users(bare_zone_server, hash_password(RIGHT))


def guess(appliance: Appliance, name: str = "tanadmin") -> Verdict:
    """Judge a wrong password and write down what goes with it, as the front door does."""
    verdict = judge(by(appliance), name, Secret("wrong"), "")
    if verdict.also:
        with appliance.store.change(call(appliance, "sign-in")) as change:
            change.result = verdict.result
            verdict.also(change, appliance)
    return verdict


def lock(appliance: Appliance, name: str = "tanadmin") -> None:
    """Type the default count of wrong passwords."""
    for _ in range(3):
        guess(appliance, name)
    assert lock_of(appliance, name)


def a_key_of_tanadmin(appliance: Appliance) -> None:
    """Let a key sign in as tanadmin."""
    with appliance.store.change(call(appliance)) as change:
        authorize(change, call(appliance), "tanadmin", read_pasted_key(OTHER.encode())[0])


def test_the_third_wrong_password_locks_and_the_right_one_is_then_answered_as_a_wrong_one(
    appliance: Appliance,
) -> None:
    assert [guess(appliance).result for _ in range(3)] == ["wrong-password"] * 3
    assert judge(by(appliance), "tanadmin", RIGHT, "") == Verdict(False, "locked-out")
    assert "lock-out tanadmin" in everything_written(appliance).replace("  ", " ").replace("  ", " ")


def test_it_is_over_after_its_time(appliance: Appliance) -> None:
    lock(appliance)
    later(appliance, seconds=599)
    assert not judge(by(appliance), "tanadmin", RIGHT, "").right
    later(appliance, seconds=1)
    assert judge(by(appliance), "tanadmin", RIGHT, "").right
    assert guess(appliance).result == "wrong-password"
    assert lock_of(appliance, "tanadmin") is None, "counting begins anew"


def test_failures_count_within_fifteen_minutes_of_the_first(appliance: Appliance) -> None:
    guess(appliance)
    later(appliance, seconds=int(WINDOW.total_seconds()) + 1)
    guess(appliance)
    guess(appliance)
    assert lock_of(appliance, "tanadmin") is None
    guess(appliance)
    assert lock_of(appliance, "tanadmin")


def test_the_right_password_forgets_the_wrong_ones(appliance: Appliance) -> None:
    for _ in range(4):
        guess(appliance)
        guess(appliance)
        assert judge(by(appliance), "tanadmin", RIGHT, "").right
        welcome(call(appliance), "tanadmin")
    assert lock_of(appliance, "tanadmin") is None


async def test_zero_failures_means_never(appliance: Appliance) -> None:
    await decide(appliance, "lockout-failures", 0)
    for _ in range(30):
        guess(appliance)
    assert judge(by(appliance), "tanadmin", RIGHT, "").right


async def test_until_unlocked_holds_for_ever_where_a_key_can_still_come_in(appliance: Appliance) -> None:
    a_key_of_tanadmin(appliance)
    await decide(appliance, "lockout-seconds", 0)
    lock(appliance)
    later(appliance, days=300)
    assert not judge(by(appliance), "tanadmin", RIGHT, "").right
    await do(UNLOCK_USER, by(appliance), user="tanadmin")
    assert last_audit(appliance) == ("tanadmin", "locked out", "unlocked", "done")
    assert judge(by(appliance), "tanadmin", RIGHT, "").right


@pytest.mark.parametrize("seconds", [0, 86_400])
async def test_where_no_tanadmin_has_a_key_none_is_locked_for_longer_than_ten_minutes(
    appliance: Appliance, seconds: int
) -> None:
    await decide(appliance, "lockout-seconds", seconds)
    lock(appliance)
    later(appliance, seconds=LONGEST_OF_THE_LAST_WAY)
    assert judge(by(appliance), "tanadmin", RIGHT, "").right


@pytest.mark.parametrize(
    "ended",
    [
        "UPDATE authorized_keys SET expires = '2020-01-01T00:00:00Z'",
        "UPDATE authorized_keys SET options = 'cert-authority'",
        "INSERT INTO revoked_keys (kind, value, authority, reason, added_by, added_at, added_from)"
        " SELECT 'key', fingerprint, '', '', '', '', '' FROM authorized_keys",
    ],
)
async def test_a_key_by_which_nobody_comes_is_no_reason_to_lock_the_last_password_for_ever(
    appliance: Appliance, ended: str
) -> None:
    a_key_of_tanadmin(appliance)
    with appliance.store.change(call(appliance)) as change:
        change.execute(ended)
    await decide(appliance, "lockout-seconds", 0)
    lock(appliance)
    later(appliance, seconds=LONGEST_OF_THE_LAST_WAY)
    assert judge(by(appliance), "tanadmin", RIGHT, "").right


async def test_a_tanuser_waits_for_an_administrator_who_can_come(appliance: Appliance) -> None:
    await decide(appliance, "lockout-seconds", 0)
    await do(ADD_USER, by(appliance), name="erika", role="tanuser", keys_only=False)
    lock(appliance, "erika")
    later(appliance, days=1)
    assert lock_of(appliance, "erika")
    await do(RESET_USER, by(appliance), user="erika", keys_only=False)
    assert lock_of(appliance, "erika") is None


def test_a_clock_that_was_put_back_locks_nobody_for_a_year(appliance: Appliance) -> None:
    lock(appliance)
    later(appliance, days=-365)
    assert judge(by(appliance), "tanadmin", RIGHT, "").right


def test_strangers_and_accounts_without_a_password_are_not_counted(appliance: Appliance) -> None:
    for name in ("nobody", "tancopy", "tanadmin' --"):
        for _ in range(5):
            assert guess(appliance, name).result == "wrong-password"
    assert appliance.store.rows("SELECT * FROM failed_passwords") == []


def test_a_restart_lifts_nothing(appliance: Appliance) -> None:
    lock(appliance)
    again = Appliance(appliance.home, appliance.identity, appliance.clock)
    assert isinstance(again.store, Store)
    assert not judge(by(again), "tanadmin", RIGHT, "").right


async def test_the_list_says_who_is_locked_out_and_until_when(appliance: Appliance) -> None:
    lock(appliance)
    listed = (await read_list(by(appliance))).data["users"]
    assert (listed[0]["locked_out"], listed[0]["locked_out_until"]) == (True, "2026-11-22 12:10:00")
    plan = await UNLOCK_USER.prepare(by(appliance), user="tancopy")
    assert plan.nothing_to_do


async def test_the_old_password_is_not_guessed_at_the_menu_either(appliance: Appliance) -> None:
    answers = {"old": Secret("wrong"), "new": Secret("Zebra-Kettle-4"), "again": Secret("Zebra-Kettle-4")}
    for _ in range(3):
        with pytest.raises(AnswerRefused, match="wrong-password"):
            await do(SET_PASSWORD, by(appliance), **answers)
    with pytest.raises(NotYet, match="locked-out"):
        await do(SET_PASSWORD, by(appliance), **{**answers, "old": RIGHT})


def test_counting_two_at_once_loses_none(appliance: Appliance) -> None:
    one, other = judge(by(appliance), "tanadmin", Secret("a"), ""), judge(by(appliance), "tanadmin", Secret("b"), "")
    with appliance.store.change(call(appliance)) as change:
        for verdict in (one, other, one):
            assert verdict.also
            verdict.also(change, appliance)
    assert lock_of(appliance, "tanadmin")
    assert timedelta(minutes=15) == WINDOW
