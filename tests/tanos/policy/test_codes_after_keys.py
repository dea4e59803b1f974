"""Wanting a code after a key keeps out nobody who was not named before, and least of all whoever decides it."""

import pytest

from tanos.appliance import Appliance
from tanos.errors import AnswerRefused
from tanos.platform import UserRole
from tanos.policy.accounts import MFA_KEYS
from tanos.policy_setting.operations import SET_POLICY
from tanos.trials.trial import waiting
from tanos.users.accounts import add_user
from tests.conftest import call
from tests.tanos.users.acting import by, do


@pytest.fixture
def appliance(bare_zone_server: Appliance) -> Appliance:
    """An appliance with a tanadmin who has a device, and two users who have none."""
    with bare_zone_server.store.change(call(bare_zone_server)) as change:
        for name, stored in (("boss", None), ("erika", "hash"), ("max", None), ("gone", None), ("robot", None)):
            add_user(change, name, UserRole.TANADMIN if name == "boss" else UserRole.TANUSER, stored)
        change.execute("UPDATE users SET totp_secret = x'00' WHERE name = 'boss'")
        change.execute("UPDATE users SET disabled = 1 WHERE name NOT IN ('boss', 'erika', 'max', 'robot')")
        change.execute("UPDATE users SET totp_exempt = 1 WHERE name = 'robot'")
    return bare_zone_server


async def test_who_has_no_device_cannot_want_codes_of_all(appliance: Appliance) -> None:
    with appliance.store.change(by(appliance)) as change:
        change.execute("UPDATE users SET totp_secret = NULL")
    with pytest.raises(AnswerRefused) as refused:
        await SET_POLICY.prepare(by(appliance, "boss"), name="mfa-keys", value="on")
    assert refused.value.findings[0].id == "no-device"


async def test_a_device_that_was_forgotten_meanwhile_is_missed_when_it_is_done(appliance: Appliance) -> None:
    asked = by(appliance, "boss")
    plan = await SET_POLICY.prepare(asked, name="mfa-keys", value="on")
    with appliance.store.change(asked) as change:
        change.execute("UPDATE users SET totp_secret = NULL")
    with pytest.raises(AnswerRefused):
        await SET_POLICY.apply(asked, plan, print)
    assert not MFA_KEYS.read(appliance)


async def test_users_without_a_device_are_named_and_it_holds_on_trial(appliance: Appliance) -> None:
    plan = await SET_POLICY.prepare(by(appliance, "boss"), name="mfa-keys", value="on")
    assert [each.id for each in plan.findings] == ["no-device", "no-device", "on-trial"]
    first, second, _ = (str(each.message) for each in plan.findings)
    assert "by key and password: erika." in first
    assert "max will be kept out" in second
    await do(SET_POLICY, by(appliance, "boss"), name="mfa-keys", value="on")
    assert [each.place for each in waiting(appliance)] == ["mfa-keys"]
    back = await SET_POLICY.prepare(by(appliance, "max"), name="mfa-keys", value="off")
    assert back.findings == ()
