"""Wrong codes behind a key lock further codes, as wrong passwords lock a password; neither touches the other."""

import pytest

from tanos.actor import system_call
from tanos.appliance import Appliance
from tanos.keys.authorized import authorize
from tanos.keys.public_key import read_pasted_key
from tanos.users import codes
from tanos.users.accounts import known_user
from tanos.users.code_actions import FORGET_DEVICE
from tanos.users.judge import Verdict, judge, judge_code
from tanos.users.listing import read_list, states
from tanos.users.lockout import LONGEST_OF_THE_LAST_WAY, UNLOCK_USER, WINDOW, Counted, lock_of
from tanos.users.new_password import ADD_USER
from tanos.users.password import hash_password
from tests.conftest import call
from tests.tanos.keys.made import with_users
from tests.tanos.users.acting import by, do, last_audit
from tests.tanos.users.test_accounts import OTHER
from tests.tanos.users.test_codes import NOW, code, enrolled
from tests.tanos.users.test_lockout import RIGHT, guess
from tests.tanos.users.test_own_password import decide, later


@pytest.fixture
def appliance(bare_zone_server: Appliance, monkeypatch: pytest.MonkeyPatch) -> Appliance:
    """An appliance whose tanadmin has a password."""
    monkeypatch.setattr(codes, "_latest", {})
    return with_users(bare_zone_server, hash_password(RIGHT))


def guess_code(appliance: Appliance) -> Verdict:
    """Judge a wrong code after a key and write down what goes with it, as the front door does."""
    verdict = judge_code(by(appliance), "tanadmin", "000000")
    if verdict.also:
        with appliance.store.change(call(appliance, "sign-in")) as change:
            change.result = verdict.result
            verdict.also(change, appliance)
    return verdict


async def a_key_of_another(appliance: Appliance) -> None:
    """Let a key sign in as another tanadmin."""
    await do(ADD_USER, by(appliance), name="erika", role="tanadmin", keys_only=True)
    with appliance.store.change(system_call(appliance, "authorized-keys add")) as change:
        authorize(change, system_call(appliance, "a"), "erika", read_pasted_key(OTHER.encode())[0])


def is_locked(appliance: Appliance) -> bool:
    """Say whether codes of tanadmin are."""
    return lock_of(appliance, "tanadmin", Counted.CODE) is not None


async def test_the_third_wrong_code_locks_and_a_right_one_is_then_no_better(appliance: Appliance) -> None:
    secret = await enrolled(appliance)
    assert [guess_code(appliance).result for _ in range(3)] == ["wrong-code"] * 3
    assert judge_code(by(appliance), "tanadmin", code(secret)) == Verdict(False, "locked-out")
    assert last_audit(appliance)[:3] == ("tanadmin", "", "after 3 wrong codes after a key")
    later(appliance, seconds=600)
    assert judge_code(by(appliance), "tanadmin", code(secret, NOW + 20)).right


async def test_wrong_codes_count_within_fifteen_minutes_and_a_right_one_forgets_them(appliance: Appliance) -> None:
    secret = await enrolled(appliance)
    for _ in range(2):
        guess_code(appliance)
    assert judge_code(by(appliance), "tanadmin", code(secret)).right
    for _ in range(2):
        guess_code(appliance)
    assert not is_locked(appliance)
    later(appliance, seconds=int(WINDOW.total_seconds()) + 1)
    guess_code(appliance)
    assert not is_locked(appliance)


async def test_wrong_passwords_lock_no_key_and_wrong_codes_no_password(appliance: Appliance) -> None:
    secret = await enrolled(appliance)
    for _ in range(3):
        guess(appliance)
    assert lock_of(appliance, "tanadmin")
    assert judge_code(by(appliance), "tanadmin", code(secret)).right, "any stranger types wrong passwords"
    await do(UNLOCK_USER, by(appliance), user="tanadmin")
    for _ in range(3):
        guess_code(appliance)
    assert judge(by(appliance), "tanadmin", RIGHT, code(secret, NOW + 1)).right, (
        "who has only the key has no password"
    )


@pytest.mark.parametrize("seconds", [0, 86_400])
async def test_where_no_other_tanadmin_has_a_key_codes_are_locked_for_ten_minutes_at_most(
    appliance: Appliance, seconds: int
) -> None:
    await enrolled(appliance)
    with appliance.store.change(call(appliance)) as change:
        authorize(change, call(appliance), "tanadmin", read_pasted_key(OTHER.encode())[0])
    await decide(appliance, "lockout-seconds", seconds)
    for _ in range(3):
        guess_code(appliance)
    assert is_locked(appliance)
    later(appliance, seconds=LONGEST_OF_THE_LAST_WAY)
    assert not is_locked(appliance)


@pytest.mark.parametrize(("seconds", "longest"), [(0, LONGEST_OF_THE_LAST_WAY), (86_400, 86_400)])
async def test_where_another_has_one_the_policy_holds_but_never_for_ever(
    appliance: Appliance, seconds: int, longest: int
) -> None:
    await enrolled(appliance)
    await a_key_of_another(appliance)
    await decide(appliance, "lockout-seconds", seconds)
    for _ in range(3):
        guess_code(appliance)
    later(appliance, seconds=longest - 1)
    assert is_locked(appliance)
    later(appliance, seconds=1)
    assert not is_locked(appliance)


async def test_zero_failures_means_never(appliance: Appliance) -> None:
    secret = await enrolled(appliance)
    await decide(appliance, "lockout-failures", 0)
    for _ in range(30):
        guess_code(appliance)
    assert judge_code(by(appliance), "tanadmin", code(secret)).right


async def test_the_list_says_it_and_unlocking_lifts_it(appliance: Appliance) -> None:
    secret = await enrolled(appliance)
    for _ in range(3):
        guess_code(appliance)
    listed = (await read_list(by(appliance))).data["users"][0]
    assert (listed["codes_locked_out"], listed["codes_locked_out_until"]) == (True, "2026-11-22 12:10:00")
    assert not listed["locked_out"]
    shown = [str(state) for state in states(appliance, known_user(appliance, "tanadmin"))]
    assert "no code taken after a key until 2026-11-22 12:10:00 UTC" in shown
    await do(UNLOCK_USER, by(appliance), user="tanadmin")
    assert last_audit(appliance) == ("tanadmin", "locked out", "unlocked", "done")
    assert judge_code(by(appliance), "tanadmin", code(secret)).right


async def test_another_device_begins_without_the_failures_of_the_former(appliance: Appliance) -> None:
    await enrolled(appliance)
    for _ in range(3):
        guess_code(appliance)
    await do(FORGET_DEVICE, by(appliance), user="tanadmin")
    assert not is_locked(appliance)


def test_who_has_no_device_is_not_counted(appliance: Appliance) -> None:
    for _ in range(5):
        assert guess_code(appliance).result == "wrong-code"
    assert judge_code(by(appliance), "nobody", "000000").result == "wrong-code"
    assert appliance.store.rows("SELECT * FROM failed_codes") == []
