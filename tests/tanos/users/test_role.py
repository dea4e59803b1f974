"""Another role: who gives it to whom, and that a way in always stays."""

import pytest

from tanos.appliance import Appliance
from tanos.errors import AnswerRefused
from tanos.keys.authorized import authorize
from tanos.keys.public_key import read_pasted_key
from tanos.platform import UserRole
from tanos.secret import Secret
from tanos.users.account_actions import DISABLE_USER
from tanos.users.accounts import known_user
from tanos.users.new_password import ADD_USER
from tanos.users.password import hash_password
from tanos.users.role import SET_ROLE
from tests.conftest import call
from tests.tanos.keys.made import with_users
from tests.tanos.users.acting import by, do, last_audit
from tests.tanos.users.test_accounts import OTHER


@pytest.fixture
async def appliance(bare_zone_server: Appliance) -> Appliance:
    """An appliance whose tanadmin has a password, with a further tanadmin and a tanuser."""
    made = with_users(bare_zone_server, hash_password(Secret("Correct-Horse-1")))
    await do(ADD_USER, by(made), name="erika", role="tanadmin", keys_only=True)
    await do(ADD_USER, by(made), name="max", role="tanuser", keys_only=False)
    return made


async def test_a_user_gets_another_role_and_the_former_one_again(appliance: Appliance) -> None:
    for role, before in (("tanadmin", "tanuser"), ("tanuser", "tanadmin")):
        done = await do(SET_ROLE, by(appliance), user="max", role=role)
        assert known_user(appliance, "max").role is UserRole(role)
        assert done.data == {"user": "max", "role": role}
        assert last_audit(appliance) == ("max", f"role {before}, password", f"role {role}", "done")


async def test_the_same_role_is_nothing_to_do_and_writes_nothing(appliance: Appliance) -> None:
    before = last_audit(appliance)
    plan = await SET_ROLE.prepare(by(appliance), user="max", role="tanuser")
    assert plan.nothing_to_do
    await SET_ROLE.apply(by(appliance), plan, print)
    assert last_audit(appliance) == before


@pytest.mark.parametrize(
    ("user", "role", "refused"),
    [
        ("nobody", "tanuser", "no-such-user"),
        ("tancopy", "tanadmin", "built-in-user"),
        ("tanadmin", "tanuser", "built-in-user"),
        ("erika", "tanuser", "own-account"),
    ],
)
async def test_whose_role_stays(appliance: Appliance, user: str, role: str, refused: str) -> None:
    with pytest.raises(AnswerRefused, match=refused):
        await do(SET_ROLE, by(appliance, "erika"), user=user, role=role)


async def test_the_last_tanadmin_who_can_come_in_stays_one(appliance: Appliance) -> None:
    with appliance.store.change(call(appliance)) as change:
        authorize(change, call(appliance), "erika", read_pasted_key(OTHER.encode())[0])
    overtaken = await SET_ROLE.prepare(by(appliance, "anna"), user="erika", role="tanuser")
    await do(DISABLE_USER, by(appliance, "erika"), user="tanadmin")
    with pytest.raises(AnswerRefused, match="last-way-in"):
        await do(SET_ROLE, by(appliance, "anna"), user="erika", role="tanuser")
    with pytest.raises(AnswerRefused, match="last-way-in"):
        await SET_ROLE.apply(by(appliance, "anna"), overtaken, print)
    assert known_user(appliance, "erika").role is UserRole.TANADMIN
