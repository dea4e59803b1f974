"""Passwords: what is taken, what it costs, and that nobody learns which users there are."""

import re
import statistics
import time

import pytest

from tanos.appliance import Appliance
from tanos.errors import AnswerRefused
from tanos.platform import UserRole
from tanos.secret import Secret
from tanos.users.accounts import known_user, user, users
from tanos.users.password import check_password, hash_password
from tanos.users.rules import check_rules, random_password
from tests.conftest import call
from tests.tanos.keys.made import with_users

GOOD = Secret("Correct-Horse-1")


@pytest.fixture
def appliance(bare_zone_server: Appliance) -> Appliance:
    """An appliance whose tanadmin has a password."""
    return with_users(bare_zone_server, hash_password(GOOD))


def test_it_is_argon2id_of_19_mebibytes_and_never_the_same_twice() -> None:
    first, second = hash_password(GOOD), hash_password(GOOD)
    assert re.match(r"\$argon2id\$v=19\$m=19456,t=2,p=1\$", first)
    assert first != second


def test_only_the_right_password_of_a_user_who_has_one_signs_in(appliance: Appliance) -> None:
    assert check_password(appliance, "tanadmin", GOOD)
    for wrong in ("", "correct-horse-1", "Correct-Horse-1 ", "Correct-Horse-1\0", "x" * 5000):
        assert not check_password(appliance, "tanadmin", Secret(wrong))
    assert not check_password(appliance, "tancopy", GOOD)
    assert not check_password(appliance, "nobody", GOOD)


def test_one_password_typed_on_two_keyboards_is_one_password(bare_zone_server: Appliance) -> None:
    appliance = with_users(bare_zone_server, hash_password(Secret("Stra\u00dfe-\u00e4-2026")))
    assert check_password(appliance, "tanadmin", Secret("Stra\u00dfe-a\u0308-2026"))


@pytest.mark.parametrize("change", ["disabled = 1", "role = 'tancopy'", "password_hash = 'broken'"])
def test_a_disabled_user_tancopy_and_a_broken_hash_never_sign_in(appliance: Appliance, change: str) -> None:
    with appliance.store.change(call(appliance)) as transaction:
        transaction.execute(f"UPDATE users SET {change} WHERE name = 'tanadmin'")
    assert not check_password(appliance, "tanadmin", GOOD)


def test_an_unknown_user_costs_the_same_hash(appliance: Appliance) -> None:
    def cost(name: str) -> float:
        times = []
        for _ in range(7):
            start = time.thread_time()
            check_password(appliance, name, Secret("wrong"))
            times.append(time.thread_time() - start)
        return statistics.median(times)

    known = cost("tanadmin")
    for name in ("nobody", "tancopy"):
        assert known / 2 < cost(name) < known * 2


@pytest.mark.parametrize(
    ("password", "broken"),
    [
        ("Short-1a", "shorter"),
        ("no-upper-1a", "upper-case"),
        ("NO-LOWER-1A", "lower-case"),
        ("No-Digit-Here", "digit"),
        ("NoOtherSign1", "sign other"),
        ("My-Tanadmin-1", "user's name"),
        ("With-Bell-1\a", "control"),
        ("Long-1" + "a" * 2000, "longer"),
    ],
)
def test_each_rule_that_is_not_kept_is_said(password: str, broken: str) -> None:
    with pytest.raises(AnswerRefused, match="weak-password") as refused:
        check_rules(Secret(password), "tanadmin")
    assert [finding for finding in refused.value.findings if broken in str(finding.message)]
    assert password not in str(refused.value)


def test_a_password_that_is_no_text_is_refused() -> None:
    with pytest.raises(AnswerRefused, match="weak-password"):
        check_rules(Secret(b"\xff\xfeAa1-aaaaaaa"), "tanadmin")


def test_a_random_password_keeps_the_rules_and_is_never_the_same() -> None:
    made = {random_password().reveal() for _ in range(200)}
    assert len(made) == 200
    for password in made:
        check_rules(Secret(password), "tanadmin")


def test_accounts_say_who_has_a_password(appliance: Appliance) -> None:
    admin, copy = users(appliance)
    assert (admin.name, admin.role, admin.has_password, admin.disabled) == (
        "tanadmin",
        UserRole.TANADMIN,
        True,
        False,
    )
    assert (copy.name, copy.role, copy.has_password) == ("tancopy", UserRole.TANCOPY, False)
    assert user(appliance, "tanadmin") == admin
    assert user(appliance, "nobody") is None
    with pytest.raises(AnswerRefused, match="no-such-user"):
        known_user(appliance, "nobody\x1b[2J")
