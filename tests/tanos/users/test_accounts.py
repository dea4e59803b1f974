"""Accounts: who may be added, disabled and deleted, and that a way in always stays."""

import pytest

from tanos.appliance import Appliance
from tanos.errors import AnswerRefused
from tanos.keeper import Keeper
from tanos.keys.authorized import authorize
from tanos.keys.public_key import read_pasted_key
from tanos.platform import UserRole
from tanos.secret import Secret
from tanos.users.account_actions import DELETE_USER, DISABLE_USER, ENABLE_USER
from tanos.users.accounts import known_user, user
from tanos.users.listing import read_list
from tanos.users.names import checked_name
from tanos.users.new_password import ADD_USER, RESET_USER
from tanos.users.password import check_password, hash_password
from tests.conftest import call
from tests.tanos.keys.made import with_users
from tests.tanos.users.acting import by, do, everything_written, last_audit

OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPZt206fX9A3jaHkagss6MLouNzRpED59zd0F6utF79X a@b\n"


@pytest.fixture
def appliance(bare_zone_server: Appliance) -> Appliance:
    """An appliance whose tanadmin has a password and no key."""
    return with_users(bare_zone_server, hash_password(Secret("Correct-Horse-1")))


async def added(appliance: Appliance, name: str = "erika", role: str = "tanadmin", *, keys_only: bool = False) -> str:
    """Add a user; return the random password."""
    done = await do(ADD_USER, by(appliance), name=name, role=role, keys_only=keys_only)
    return str(done.data.get("password", ""))


async def test_an_added_user_signs_in_by_the_password_that_was_shown_once(appliance: Appliance) -> None:
    password = await added(appliance)
    assert check_password(appliance, "erika", Secret(password))
    assert known_user(appliance, "erika").must_change
    assert last_audit(appliance) == ("erika", "", "role tanadmin, password", "done")
    assert password not in everything_written(appliance)


async def test_a_user_for_keys_only_has_no_password(appliance: Appliance) -> None:
    assert await added(appliance, role="tanuser", keys_only=True) == ""
    account = known_user(appliance, "erika")
    assert (account.role, account.has_password, account.must_change) == (UserRole.TANUSER, False, False)


@pytest.mark.parametrize(
    "name",
    ["", "Erika", "1st", "-a", "a b", "a" * 33, "tän", "root", "tancopy", "tanfactory", "system", "a\x1b[2J", "../x"],
)
def test_a_name_that_systems_would_mistake_is_refused(name: str) -> None:
    with pytest.raises(AnswerRefused) as refused:
        checked_name(name)
    assert refused.value.id == "bad-name"
    assert "\x1b" not in str(refused.value.message)


async def test_a_name_is_given_once(appliance: Appliance) -> None:
    await added(appliance)
    with pytest.raises(AnswerRefused, match="name-taken"):
        await added(appliance)
    plan = await ADD_USER.prepare(by(appliance), name="max", role="tanuser", keys_only=True)
    await added(appliance, "max")
    with pytest.raises(AnswerRefused, match="name-taken"):
        await ADD_USER.apply(by(appliance), plan, print)


async def test_a_reset_gives_another_random_password_and_the_old_one_is_gone(appliance: Appliance) -> None:
    before = known_user(appliance, "tanadmin").password_epoch
    done = await do(RESET_USER, by(appliance), user="tanadmin", keys_only=False)
    assert check_password(appliance, "tanadmin", Secret(str(done.data["password"])))
    assert not check_password(appliance, "tanadmin", Secret("Correct-Horse-1"))
    account = known_user(appliance, "tanadmin")
    assert account.must_change
    assert account.password_epoch == before + 1
    assert str(done.data["password"]) not in everything_written(appliance)


async def test_tancopy_never_gets_a_password(appliance: Appliance) -> None:
    for keys_only in (True, False):
        with pytest.raises(AnswerRefused, match="never-a-password"):
            await do(RESET_USER, by(appliance), user="tancopy", keys_only=keys_only)


async def test_the_last_way_in_stays_whoever_asks(appliance: Appliance) -> None:
    other = by(appliance, "erika")
    with pytest.raises(AnswerRefused, match="last-way-in"):
        await do(DISABLE_USER, other, user="tanadmin")
    with pytest.raises(AnswerRefused, match="last-way-in"):
        await do(RESET_USER, other, user="tanadmin", keys_only=True)
    await added(appliance, "erika", keys_only=True)
    with pytest.raises(AnswerRefused, match="last-way-in"):
        await do(DISABLE_USER, other, user="tanadmin")


async def test_a_key_of_another_tanadmin_is_a_way_in(appliance: Appliance) -> None:
    await added(appliance, "erika", keys_only=True)
    with appliance.store.change(call(appliance)) as change:
        authorize(change, call(appliance), "erika", read_pasted_key(OTHER.encode())[0])
    await do(DISABLE_USER, by(appliance, "erika"), user="tanadmin")
    assert not check_password(appliance, "tanadmin", Secret("Correct-Horse-1"))
    assert last_audit(appliance) == ("tanadmin", "role tanadmin, password", "disabled", "done")
    for operation in (DISABLE_USER, DELETE_USER):
        with pytest.raises(AnswerRefused, match="last-way-in"):
            await do(operation, by(appliance, "max"), user="erika")


async def test_two_that_disable_each_other_at_once_do_not_both_succeed(appliance: Appliance) -> None:
    await added(appliance, "erika")
    one = await DISABLE_USER.prepare(by(appliance, "max"), user="erika")
    other = await DISABLE_USER.prepare(by(appliance, "max"), user="tanadmin")
    await DISABLE_USER.apply(by(appliance, "max"), one, print)
    with pytest.raises(AnswerRefused, match="last-way-in"):
        await DISABLE_USER.apply(by(appliance, "max"), other, print)


async def test_nobody_disables_or_deletes_himself(appliance: Appliance) -> None:
    await added(appliance, "erika")
    for operation in (DISABLE_USER, DELETE_USER):
        with pytest.raises(AnswerRefused, match="own-account"):
            await do(operation, by(appliance, "erika"), user="erika")


async def test_what_every_appliance_has_is_not_deleted(appliance: Appliance) -> None:
    for name in ("tanadmin", "tancopy"):
        with pytest.raises(AnswerRefused, match="built-in-user"):
            await do(DELETE_USER, by(appliance, "erika"), user=name)


async def test_a_disabled_user_is_enabled_as_he_was(appliance: Appliance) -> None:
    password = await added(appliance)
    await do(DISABLE_USER, by(appliance), user="erika")
    again = await DISABLE_USER.prepare(by(appliance), user="erika")
    assert again.nothing_to_do
    assert not check_password(appliance, "erika", Secret(password))
    await do(ENABLE_USER, by(appliance), user="erika")
    assert check_password(appliance, "erika", Secret(password))


async def test_a_deleted_user_leaves_nothing_to_a_later_one(appliance: Appliance) -> None:
    await added(appliance)
    keeper = Keeper(appliance)
    keeper.keep_ssh_pair("erika", keeper.new_ssh_pair("erika"))
    with appliance.store.change(call(appliance)) as change:
        authorize(change, call(appliance), "erika", read_pasted_key(OTHER.encode())[0])
    await do(RESET_USER, by(appliance), user="erika", keys_only=False)

    await do(DELETE_USER, by(appliance), user="erika")

    assert user(appliance, "erika") is None
    assert not list(appliance.ssh.glob("erika*"))
    for table in ("authorized_keys", "former_passwords", "failed_passwords"):
        assert appliance.store.rows(f"SELECT * FROM {table}") == []
    assert last_audit(appliance) == ("erika", "role tanadmin, password", "deleted", "done")


async def test_the_list_says_who_signs_in_by_what(appliance: Appliance) -> None:
    await added(appliance, "erika", "tanuser")
    listed = (await read_list(by(appliance))).data["users"]
    assert [(one["user"], one["role"], one["password"], one["must_change"]) for one in listed] == [
        ("erika", "tanuser", True, True),
        ("tanadmin", "tanadmin", True, False),
        ("tancopy", "tancopy", False, False),
    ]
