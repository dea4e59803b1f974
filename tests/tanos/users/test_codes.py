"""Codes of a second device: what RFC 6238 says, taken once, and asked of whom."""

import shutil
import subprocess
from base64 import b32decode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.errors import AnswerRefused, Damaged, NotYet
from tanos.operation import Operation, Plan
from tanos.policy.accounts import MFA_KEYS
from tanos.report import CopyText, Say, Table
from tanos.secret import Secret
from tanos.store.store import Store
from tanos.users import codes
from tanos.users.account_actions import DELETE_USER
from tanos.users.code_actions import CONFIRM_DEVICE, ENROL_DEVICE, EXEMPT_USER, FORGET_DEVICE, INCLUDE_USER
from tanos.users.codes import asks_everybody, code_at, factor_of, matching_step, take_code, wants_code
from tanos.users.judge import judge
from tanos.users.listing import LIST_USERS
from tanos.users.lockout import lock_of
from tanos.users.new_password import ADD_USER
from tanos.users.password import hash_password
from tests.conftest import NOON
from tests.tanos.keys.made import with_users
from tests.tanos.users.acting import by, do, everything_written
from tests.tanos.users.test_own_password import decide, later

RIGHT = Secret("Correct-Horse-1")
NOW = int(NOON.timestamp()) // 30


@pytest.fixture
def appliance(bare_zone_server: Appliance, monkeypatch: pytest.MonkeyPatch) -> Appliance:
    """An appliance whose tanadmin has a password."""
    monkeypatch.setattr(codes, "_latest", {})
    return with_users(bare_zone_server, hash_password(RIGHT))


async def enrolled(appliance: Appliance) -> Secret:
    """Enrol a device of tanadmin; return its secret. Its first code is that of the step before."""
    made = (await do(ENROL_DEVICE, by(appliance))).data
    secret = Secret(b32decode(str(made["secret"])))
    await do(CONFIRM_DEVICE, by(appliance), code=Secret(code_at(secret, NOW - 1)))
    return secret


def code(secret: Secret, step: int = NOW) -> str:
    """Return a code as it is typed."""
    return code_at(secret, step).decode()


@pytest.mark.parametrize(
    ("time", "shown"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037"),
     (20000000000, "353130")],
)  # fmt: skip
def test_the_codes_are_those_of_the_standard(appliance: Appliance, time: int, shown: str) -> None:
    secret = Secret(b"12345678901234567890")
    assert code_at(secret, time // 30).decode() == shown
    appliance.clock = lambda: datetime.fromtimestamp(time, UTC)
    assert matching_step(appliance, secret, shown) == time // 30
    assert matching_step(appliance, secret, f" {shown[:3]} {shown[3:]} ") == time // 30


def test_another_program_shows_the_same_codes() -> None:
    program = shutil.which("oathtool")
    if program is None:
        pytest.skip("oathtool is not installed (Debian: oathtool)")
    secret = codes.new_secret()
    words = [program, "--totp", "-b", codes.base32(secret), "--now", "2026-11-22 12:00:00 UTC"]
    shown = subprocess.run(words, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == code(secret)


@pytest.mark.parametrize(("beside", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_one_step_beside_is_forgiven_and_no_more(appliance: Appliance, beside: int, right: bool) -> None:
    secret = codes.new_secret()
    assert (matching_step(appliance, secret, code(secret, NOW + beside)) is not None) == right


@pytest.mark.parametrize(
    "typed", ["", "0", "12345", "1234567", "abcdef", "\u0661\u0662\u0663\u0664\u0665\u0666", "9" * 5000]
)
def test_what_is_no_code_is_none(appliance: Appliance, typed: str) -> None:
    assert matching_step(appliance, Secret(b"12345678901234567890"), typed) is None


async def test_a_code_is_taken_once_and_none_before_it(appliance: Appliance) -> None:
    secret = await enrolled(appliance)
    asked = by(appliance)
    assert not take_code(asked, "tanadmin", code(secret, NOW - 1)), "it confirmed the device already"
    assert take_code(asked, "tanadmin", code(secret, NOW + 1))
    for step in (NOW + 1, NOW, NOW - 1):
        assert not take_code(asked, "tanadmin", code(secret, step))
    later(appliance, seconds=60)
    assert take_code(asked, "tanadmin", code(secret, NOW + 2))


async def test_two_processes_that_are_shown_one_code_do_not_both_take_it(
    appliance: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = await enrolled(appliance)
    stale = factor_of(appliance, "tanadmin")
    assert take_code(by(appliance), "tanadmin", code(secret))
    monkeypatch.setattr(codes, "_latest", {})
    monkeypatch.setattr(codes, "factor_of", lambda *_: stale)
    assert not take_code(by(appliance), "tanadmin", code(secret))


async def test_a_disk_that_takes_nothing_more_lets_in_and_still_takes_a_code_once(
    appliance: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = await enrolled(appliance)

    def full(_: Store, call: Call, about: str = "") -> None:
        raise Damaged("store-failed", *[None] * 2)  # type: ignore[arg-type] # its words are not looked at

    monkeypatch.setattr(Store, "change", full)
    assert take_code(by(appliance), "tanadmin", code(secret))
    assert not take_code(by(appliance), "tanadmin", code(secret))


async def test_password_and_code_sign_in_together_and_a_wrong_one_of_either_is_a_failure(
    appliance: Appliance,
) -> None:
    secret = await enrolled(appliance)
    asked = by(appliance)
    assert judge(asked, "tanadmin", Secret("wrong"), code(secret)).result == "wrong-password"
    for typed in ("", "123456"):
        assert judge(asked, "tanadmin", RIGHT, typed).result == "wrong-code"
    assert judge(asked, "tanadmin", RIGHT, code(secret)).right, "a wrong password does not use a code up"
    assert not judge(asked, "tanadmin", RIGHT, code(secret)).right


async def test_wrong_codes_lock_as_wrong_passwords_do(appliance: Appliance) -> None:
    await enrolled(appliance)
    for _ in range(3):
        verdict = judge(by(appliance), "tanadmin", RIGHT, "000000")
        assert verdict.also
        with appliance.store.change(by(appliance)) as change:
            verdict.also(change, appliance)
    assert lock_of(appliance, "tanadmin")


async def test_a_device_counts_only_once_its_code_was_right(appliance: Appliance) -> None:
    asked = by(appliance)
    with pytest.raises(NotYet, match="step-missing"):
        await do(CONFIRM_DEVICE, asked, code=Secret("123456"))
    first = Secret(b32decode(str((await do(ENROL_DEVICE, asked)).data["secret"])))
    assert judge(asked, "tanadmin", RIGHT, "").right
    with pytest.raises(AnswerRefused, match="wrong-code"):
        await do(CONFIRM_DEVICE, asked, code=Secret("12345"))
    plan = await CONFIRM_DEVICE.prepare(asked, code=Secret(code(first)))
    await do(ENROL_DEVICE, asked)
    with pytest.raises(NotYet, match="stale"):
        await CONFIRM_DEVICE.apply(asked, plan, print)
    assert judge(asked, "tanadmin", RIGHT, "").right


async def test_the_secret_is_shown_once_and_written_nowhere_else(appliance: Appliance) -> None:
    plan = await ENROL_DEVICE.prepare(by(appliance))
    assert plan.findings[0].id == "device-only"
    secret = await enrolled(appliance)
    for written in (codes.base32(secret), secret.reveal().hex(), code(secret, NOW - 1)):
        assert written not in everything_written(appliance)
    uri = codes.uri(appliance, "tanadmin", secret)
    assert uri.startswith("otpauth://totp/zs1.lab.test:tanadmin?")
    assert f"secret={codes.base32(secret)}" in uri


async def test_a_secret_is_shown_so_that_it_can_be_copied_and_with_what_comes_next(appliance: Appliance) -> None:
    done = await do(ENROL_DEVICE, by(appliance))
    (link,) = [section.text for section in done.sections if isinstance(section, CopyText)]
    assert link == done.data["uri"]
    assert any("`mfa confirm`" in str(section.message) for section in done.sections if isinstance(section, Say))


async def test_who_has_a_device_is_told_that_it_counts_until_another_is_confirmed(appliance: Appliance) -> None:
    def said(plan: Plan[str]) -> str:
        return " ".join(str(section.message) for section in plan.sections if isinstance(section, Say))

    assert "counts until" not in said(await ENROL_DEVICE.prepare(by(appliance)))
    await do(ENROL_DEVICE, by(appliance))
    assert "waits for its first code" in said(await ENROL_DEVICE.prepare(by(appliance)))
    await enrolled(appliance)
    assert "counts until" in said(await ENROL_DEVICE.prepare(by(appliance)))


@pytest.mark.parametrize("operation", [EXEMPT_USER, FORGET_DEVICE, INCLUDE_USER])
async def test_nothing_about_codes_is_decided_of_file_transfer(
    appliance: Appliance, operation: Operation[Any]
) -> None:
    with pytest.raises(AnswerRefused, match="never-a-password"):
        await operation.prepare(by(appliance), user="tancopy")


async def test_who_is_asked_for_a_code(appliance: Appliance) -> None:
    def wanted(name: str, *, by_key: bool) -> bool:
        return wants_code(appliance, factor_of(appliance, name), by_key=by_key)

    assert not asks_everybody(appliance)
    assert not wanted("tanadmin", by_key=False)
    await decide(appliance, "mfa-required", 1)
    assert asks_everybody(appliance)
    assert wanted("tanadmin", by_key=False)
    assert not wanted("tanadmin", by_key=True), "keys are asked by a policy of their own"
    with appliance.store.change(by(appliance)) as change:
        MFA_KEYS.write(change, 1)
    assert wanted("tanadmin", by_key=True)
    for name in ("tancopy", "nobody"):
        assert not wanted(name, by_key=True)
        assert not wanted(name, by_key=False)
    await do(EXEMPT_USER, by(appliance), user="tanadmin")
    assert not wanted("tanadmin", by_key=True)
    assert not wanted("tanadmin", by_key=False)
    await do(INCLUDE_USER, by(appliance), user="tanadmin")
    assert wanted("tanadmin", by_key=False)


async def test_while_anybody_has_a_device_everybody_is_asked_alike(appliance: Appliance) -> None:
    await enrolled(appliance)
    assert asks_everybody(appliance)
    await do(FORGET_DEVICE, by(appliance), user="tanadmin")
    assert not asks_everybody(appliance)
    assert judge(by(appliance), "tanadmin", RIGHT, "").right


async def test_a_deleted_user_takes_the_device_along(appliance: Appliance) -> None:
    await do(ADD_USER, by(appliance), name="erika", role="tanadmin", keys_only=False)
    await do(ENROL_DEVICE, by(appliance, "erika"))
    await do(DELETE_USER, by(appliance), user="erika")
    await do(ADD_USER, by(appliance), name="erika", role="tanadmin", keys_only=False)
    factor = factor_of(appliance, "erika")
    assert factor is not None
    assert (factor.secret, factor.pending, factor.step) == (None, None, 0)
    assert timedelta(seconds=codes.STEP_SECONDS) == timedelta(seconds=30)


async def test_the_list_of_users_says_by_what_each_signs_in(appliance: Appliance) -> None:
    async def ways() -> list[str]:
        [table] = (await LIST_USERS.read(by(appliance))).sections
        assert isinstance(table, Table)
        return [str(row[2]) for row in table.rows]

    assert await ways() == ["password or key", "key"]
    await enrolled(appliance)
    assert await ways() == ["password with code, or key", "key"]
    with appliance.store.change(by(appliance)) as change:
        MFA_KEYS.write(change, 1)
    assert await ways() == ["password with code, or key with code", "key"]
    await do(EXEMPT_USER, by(appliance), user="tanadmin")
    assert await ways() == ["password or key", "key"]


async def test_a_clock_that_was_ahead_keeps_no_right_code_out(appliance: Appliance) -> None:
    secret = await enrolled(appliance)
    later(appliance, hours=3)
    assert take_code(by(appliance), "tanadmin", code(secret, NOW + 360))
    later(appliance, hours=-3)
    assert take_code(by(appliance), "tanadmin", code(secret))
    assert not take_code(by(appliance), "tanadmin", code(secret))


async def test_what_a_process_remembers_of_codes_is_no_secret_and_one_entry_a_user(appliance: Appliance) -> None:
    for number in range(3):
        later(appliance, seconds=90)
        secret = Secret(b32decode(str((await do(ENROL_DEVICE, by(appliance))).data["secret"])))
        now = NOW + 3 * (number + 1)
        await do(CONFIRM_DEVICE, by(appliance), code=Secret(code_at(secret, now - 1)))
        assert take_code(by(appliance), "tanadmin", code(secret, now))
        assert list(codes._latest) == ["tanadmin"]
        assert secret.reveal() not in repr(codes._latest).encode()
        assert all(secret.reveal() != known for known, _ in codes._latest.values())
