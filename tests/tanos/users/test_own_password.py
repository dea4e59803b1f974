"""One's own password: what is taken, what is refused, and that nothing of it is written down."""

from datetime import timedelta
from itertools import pairwise

import pytest

from menus.accounts_menu import PASSWORD
from menus.answers import understood
from tanos.appliance import Appliance
from tanos.errors import AnswerRefused, NotYet
from tanos.operation import silent
from tanos.policy.accounts import PASSWORD_MAX_DAYS
from tanos.policy_setting.operations import SET_POLICY
from tanos.secret import Secret
from tanos.users.accounts import known_user
from tanos.users.due import why_due
from tanos.users.guessable import is_guessable
from tanos.users.judge import judge
from tanos.users.new_password import RESET_USER
from tanos.users.own_password import SET_PASSWORD
from tanos.users.password import check_password, hash_password
from tanos.users.rules import check_rules
from tests.conftest import NOON
from tests.tanos.keys.made import with_users
from tests.tanos.users.acting import by, do, everything_written, last_audit

FIRST = "Correct-Horse-1"


@pytest.fixture
def appliance(bare_zone_server: Appliance) -> Appliance:
    """An appliance whose tanadmin has a password."""
    return with_users(bare_zone_server, hash_password(Secret(FIRST)))


async def change(appliance: Appliance, old: str, new: str, again: str = "") -> None:
    """Change the password of tanadmin as he does."""
    await do(SET_PASSWORD, by(appliance), old=Secret(old), new=Secret(new), again=Secret(again or new))


async def decide(appliance: Appliance, name: str, value: int) -> None:
    """Decide a policy."""
    await do(SET_POLICY, by(appliance), name=name, value=str(value))


def later(appliance: Appliance, **time: int) -> None:
    """Let time pass."""
    now = appliance.clock() + timedelta(**time)
    appliance.clock = appliance.store.clock = lambda: now


async def test_the_new_password_signs_in_and_the_old_one_no_more(appliance: Appliance) -> None:
    await change(appliance, FIRST, "Zebra-Kettle-4")
    assert check_password(appliance, "tanadmin", Secret("Zebra-Kettle-4"))
    assert not check_password(appliance, "tanadmin", Secret(FIRST))
    assert last_audit(appliance) == ("tanadmin", "", "password changed", "done")
    assert known_user(appliance, "tanadmin").password_epoch == 1
    assert "Kettle" not in everything_written(appliance)


@pytest.mark.parametrize(
    ("old", "new", "again", "refused"),
    [
        ("wrong", "Zebra-Kettle-4", "Zebra-Kettle-4", "wrong-password"),
        (FIRST, "Zebra-Kettle-4", "Zebra-Kettle-5", "passwords-differ"),
        (FIRST, "short", "short", "weak-password"),
        (FIRST, "P@ssw0rd-2026!", "P@ssw0rd-2026!", "weak-password"),
        (FIRST, FIRST, FIRST, "password-reused"),
    ],
)
async def test_what_is_refused_says_why_and_changes_nothing(
    appliance: Appliance, old: str, new: str, again: str, refused: str
) -> None:
    with pytest.raises(AnswerRefused) as error:
        await change(appliance, old, new, again)
    assert error.value.id == refused
    assert check_password(appliance, "tanadmin", Secret(FIRST))


async def test_former_passwords_are_refused_as_far_back_as_the_policy_says(appliance: Appliance) -> None:
    await decide(appliance, "password-history", 2)
    worn = [FIRST, "Zebra-Kettle-4", "Zebra-Kettle-5", "Zebra-Kettle-6"]
    for old, new in pairwise(worn):
        await change(appliance, old, new)
    for again in worn[1:]:
        with pytest.raises(AnswerRefused, match="password-reused"):
            await change(appliance, worn[-1], again)
    await change(appliance, worn[-1], FIRST)


async def test_no_more_former_passwords_are_kept_than_any_policy_looks_back(appliance: Appliance) -> None:
    for _ in range(14):
        await do(RESET_USER, by(appliance), user="tanadmin", keys_only=False)
    assert len(appliance.store.rows("SELECT * FROM former_passwords")) == 10


async def test_a_password_of_ones_own_choice_stays_for_the_minimum_lifetime(appliance: Appliance) -> None:
    await decide(appliance, "password-min-days", 2)
    with pytest.raises(AnswerRefused) as refused:
        await change(appliance, FIRST, "Zebra-Kettle-4")
    assert refused.value.id == "too-soon"
    assert "2026-11-24 12:00" in str(refused.value.remedy)
    later(appliance, days=2)
    await change(appliance, FIRST, "Zebra-Kettle-4")


async def test_a_password_that_was_given_may_be_changed_at_once(appliance: Appliance) -> None:
    await decide(appliance, "password-min-days", 20)
    given = str((await do(RESET_USER, by(appliance), user="tanadmin", keys_only=False)).data["password"])
    await change(appliance, given, "Zebra-Kettle-4")
    assert not known_user(appliance, "tanadmin").must_change


async def test_a_password_is_due_when_it_was_given_or_is_too_old(appliance: Appliance) -> None:
    assert why_due(appliance, known_user(appliance, "tanadmin")) is None
    later(appliance, days=PASSWORD_MAX_DAYS.default - 1)
    assert why_due(appliance, known_user(appliance, "tanadmin")) is None
    later(appliance, days=1)
    assert why_due(appliance, known_user(appliance, "tanadmin"))
    await decide(appliance, "password-max-days", 0)
    assert why_due(appliance, known_user(appliance, "tanadmin")) is None
    await do(RESET_USER, by(appliance), user="tanadmin", keys_only=False)
    assert why_due(appliance, known_user(appliance, "tanadmin"))
    assert why_due(appliance, known_user(appliance, "tancopy")) is None


def test_a_clock_that_went_back_holds_nobody_up(appliance: Appliance) -> None:
    appliance.clock = lambda: NOON - timedelta(days=400)
    assert why_due(appliance, known_user(appliance, "tanadmin")) is None


async def test_a_lifetime_that_could_never_be_kept_is_refused(appliance: Appliance) -> None:
    await decide(appliance, "password-min-days", 20)
    with pytest.raises(AnswerRefused, match="out-of-range"):
        await decide(appliance, "password-max-days", 19)
    await decide(appliance, "password-max-days", 20)
    await decide(appliance, "password-min-days", 3)
    await decide(appliance, "password-max-days", 3)
    with pytest.raises(AnswerRefused, match="out-of-range"):
        await decide(appliance, "password-min-days", 4)


async def test_two_sessions_that_change_it_at_once_do_not_both_succeed(appliance: Appliance) -> None:
    asked = by(appliance)
    plan = await SET_PASSWORD.prepare(
        asked, old=Secret(FIRST), new=Secret("Zebra-Kettle-4"), again=Secret("Zebra-Kettle-4")
    )
    await change(appliance, FIRST, "Zebra-Kettle-5")
    with pytest.raises(NotYet, match="stale"):
        await SET_PASSWORD.apply(asked, plan, silent)


async def test_who_has_no_password_has_none_to_change(appliance: Appliance) -> None:
    with pytest.raises(AnswerRefused, match="never-a-password"):
        await do(SET_PASSWORD, by(appliance, "tancopy"), old=Secret(""), new=Secret("x"), again=Secret("x"))


@pytest.mark.parametrize(
    "text",
    ["Password-123!", "P@ssw0rd2026!", "Qwertz-12345", "Summer2026!!", "1qaz@WSX3edc", "Tanium-Admin-1",
     "Aaaaaaaaaa-1", "Welcome1!Welcome1!", "Zyxwvut-1234", "Xy1-Xy1-Xy1-Xy1-"],
)  # fmt: skip
def test_what_habits_make_is_guessable(text: str) -> None:
    assert is_guessable(text)


@pytest.mark.parametrize(
    "text", ["Correct-Horse-1", "Zebra-Kettle-4", "Mq7#vLp2-x", "Straße-ä-2026", "My-Dog-Rex-77"]
)
def test_what_takes_thinking_is_not(text: str) -> None:
    assert not is_guessable(text)


@pytest.mark.parametrize(
    "new", ["  Zebra-Kettle-4 ", "Zebra Kettle 4", "Zébra-Kettle-4", "Ze\u0301bra-Kettle-4", "?R-Zebra-4"]
)
async def test_what_is_typed_at_a_menu_is_what_signs_in(appliance: Appliance, new: str) -> None:
    asked = [ask for ask in PASSWORD.asks if ask.name != "old"]
    answers = {ask.name: understood(ask, new, ()) for ask in asked}
    await do(SET_PASSWORD, by(appliance), old=Secret(FIRST), **answers)
    assert judge(by(appliance), "tanadmin", Secret(new), "").right


def test_what_to_choose_says_every_rule() -> None:
    with pytest.raises(AnswerRefused) as refused:
        check_rules(Secret("Password-2026!"), "erika")
    said = str(refused.value.findings[0].remedy)
    for rule in ("10 characters", "upper case", "well-known words", "your name"):
        assert rule in said
