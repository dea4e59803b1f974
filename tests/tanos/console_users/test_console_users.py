"""Users of the console: made, signed in, locked out, unlocked, removed; and never told apart by a stranger."""

from datetime import timedelta

import pytest

from tanos.appliance import Appliance
from tanos.console_users.accounts import ROLES, ConsoleRole, put_console_user
from tanos.console_users.operations import (
    ADD_CONSOLE_USER,
    LIST_CONSOLE_USERS,
    REMOVE_CONSOLE_USER,
    RESET_CONSOLE_USER,
    UNLOCK_CONSOLE_USER,
)
from tanos.console_users.sign_in import MOST_WAYS, came_from, check
from tanos.errors import AnswerRefused
from tanos.operation import silent
from tanos.secret import Secret
from tanos.users.password import hash_password, matches
from tests.conftest import NOON, call

RIGHT, WRONG = Secret("Correct-Horse-1"), Secret("Wrong-Horse-1")


@pytest.fixture
def server(bare_tanium_server: Appliance) -> Appliance:
    """A Tanium Server with its first user of the console."""
    stored = hash_password(RIGHT)
    with bare_tanium_server.store.change(call(bare_tanium_server)) as change:
        put_console_user(change, "tanium", ConsoleRole.ADMINISTRATOR, stored)
    return bare_tanium_server


def written(server: Appliance, verb: str) -> list[tuple[str, str, str]]:
    """Return who did what of that verb, with what came of it."""
    rows = server.store.rows("SELECT user, object, after FROM audit WHERE verb = ? ORDER BY id", verb)
    return [(row["user"], row["object"], row["after"]) for row in rows]


async def test_who_has_the_password_is_in_with_his_role_and_that_is_written_down(server: Appliance) -> None:
    assert await check(server, "tanium", RIGHT, "192.0.2.7") is ConsoleRole.ADMINISTRATOR
    assert await check(server, "tanium", WRONG) is None
    assert await check(server, "nobody", RIGHT) is None
    assert written(server, "console sign-in") == [("tanium", "tanium", "Administrator")]
    (user,) = (await LIST_CONSOLE_USERS.read(call(server))).data["users"]
    assert (user["last_from"], user["locked_out"]) == ("192.0.2.7", False)


async def test_too_many_wrong_ones_lock_it_for_a_while_and_the_right_one_is_then_wrong(server: Appliance) -> None:
    for _ in range(3):
        assert await check(server, "tanium", WRONG) is None
    assert await check(server, "tanium", RIGHT) is None
    assert written(server, "console lock-out") == [("root", "tanium", "after 3 wrong passwords")]
    server.clock = lambda: NOON + timedelta(minutes=11)
    assert await check(server, "tanium", RIGHT) is ConsoleRole.ADMINISTRATOR


async def test_wrong_ones_that_lie_far_apart_lock_nothing(server: Appliance) -> None:
    for minutes in (0, 16, 32, 48):
        server.clock = server.store.clock = lambda minutes=minutes: NOON + timedelta(minutes=minutes)  # type: ignore[misc]  # bound
        assert await check(server, "tanium", WRONG) is None
    assert await check(server, "tanium", RIGHT) is ConsoleRole.ADMINISTRATOR


async def test_unlocked_he_signs_in_at_once(server: Appliance) -> None:
    for _ in range(3):
        await check(server, "tanium", WRONG)
    plan = await UNLOCK_CONSOLE_USER.prepare(call(server), user="tanium")
    await UNLOCK_CONSOLE_USER.apply(call(server), plan, silent)
    assert await check(server, "tanium", RIGHT) is ConsoleRole.ADMINISTRATOR
    assert (await UNLOCK_CONSOLE_USER.prepare(call(server), user="tanium")).nothing_to_do


async def test_nobody_elsewhere_locks_out_who_comes_from_where_he_came_before(server: Appliance) -> None:
    assert await check(server, "tanium", RIGHT, "192.0.2.7") is ConsoleRole.ADMINISTRATOR
    for _ in range(5):
        assert await check(server, "tanium", WRONG, "198.51.100.1") is None
    assert await check(server, "tanium", RIGHT, "198.51.100.2") is None, "locked for all who are not known"
    assert await check(server, "tanium", RIGHT, "192.0.2.7") is ConsoleRole.ADMINISTRATOR
    assert await check(server, "tanium", RIGHT, "198.51.100.2") is None, "which that did not unlock"
    (user,) = (await LIST_CONSOLE_USERS.read(call(server))).data["users"]
    assert user["locked_out"]


async def test_who_guesses_from_there_is_locked_there_and_nowhere_else(server: Appliance) -> None:
    assert await check(server, "tanium", RIGHT, "2001:db8::7") is ConsoleRole.ADMINISTRATOR
    for number in range(3):
        assert await check(server, "tanium", WRONG, f"2001:db8::{number}") is None
    assert await check(server, "tanium", RIGHT, "2001:db8::7") is None
    assert (await LIST_CONSOLE_USERS.read(call(server))).data["users"][0]["locked_out"]
    assert await check(server, "tanium", RIGHT, "192.0.2.7") is ConsoleRole.ADMINISTRATOR
    plan = await UNLOCK_CONSOLE_USER.prepare(call(server), user="tanium")
    assert not plan.nothing_to_do
    await UNLOCK_CONSOLE_USER.apply(call(server), plan, silent)
    assert await check(server, "tanium", RIGHT, "2001:db8::7") is ConsoleRole.ADMINISTRATOR


async def test_where_one_came_from_is_forgotten_with_the_password_and_is_no_long_list(server: Appliance) -> None:
    for number in range(20):
        assert await check(server, "tanium", RIGHT, f"192.0.2.{number}") is ConsoleRole.ADMINISTRATOR
    (known,) = server.store.row("SELECT count(*) FROM console_ways") or (0,)
    assert known == MOST_WAYS
    assert (came_from(server, "tanium", "192.0.2.19"), came_from(server, "tanium", "192.0.2.1")) == (True, False)
    plan = await RESET_CONSOLE_USER.prepare(call(server), user="tanium")
    again = Secret((await RESET_CONSOLE_USER.apply(call(server), plan, silent)).data["password"])
    for _ in range(3):
        await check(server, "tanium", WRONG, "198.51.100.1")
    assert await check(server, "tanium", again, "192.0.2.19") is None


async def test_strangers_cost_a_hash_as_everybody_does(server: Appliance, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []

    def counted(password: Secret, stored: str) -> bool:
        hashed.append(stored)
        return matches(password, stored)

    monkeypatch.setattr("tanos.console_users.sign_in.matches", counted)
    for name in ("tanium", "nobody", "x" * 10_000, "tanium\0"):
        await check(server, name, WRONG)
    assert len(hashed) == 4
    assert len({stored.rpartition("$")[0].rpartition("$")[0] for stored in hashed}) == 1, "of the same cost"


async def test_strangers_and_who_is_locked_cost_a_write_as_everybody_does(server: Appliance) -> None:
    journal = server.home / "appliance.db-wal"
    await check(server, "tanium", WRONG)

    async def written_by(name: str) -> int:
        before = journal.stat().st_size
        await check(server, name, WRONG)
        return journal.stat().st_size - before

    assert await written_by("tanium") > 0
    assert await written_by("nobody") > 0
    await check(server, "tanium", WRONG)
    assert await written_by("tanium") > 0, "which is locked by now"
    assert server.store.row("SELECT 1 FROM published") is None
    assert (await LIST_CONSOLE_USERS.read(call(server))).data["users"][0]["locked_out"]


async def test_a_password_that_is_replaced_while_it_is_checked_opens_nothing(
    server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(password: Secret, stored: str) -> bool:
        other = Appliance(server.home, server.identity, server.clock)
        with other.store.change(call(other)) as change:
            change.execute("UPDATE console_users SET password_hash = 'another'")
        return True

    monkeypatch.setattr("tanos.console_users.sign_in.matches", meanwhile)
    assert await check(server, "tanium", RIGHT) is None
    assert written(server, "console sign-in") == []


async def test_added_reset_and_removed_with_passwords_that_stand_nowhere(server: Appliance) -> None:
    plan = await ADD_CONSOLE_USER.prepare(call(server), name="ann", role="read-only")
    added = await ADD_CONSOLE_USER.apply(call(server), plan, silent)
    first = Secret(added.data["password"])
    assert await check(server, "ann", first) is ConsoleRole.READ_ONLY
    with pytest.raises(AnswerRefused, match="name-taken"):
        await ADD_CONSOLE_USER.prepare(call(server), name="ann", role="administrator")
    with pytest.raises(AnswerRefused, match="name-taken"):
        await ADD_CONSOLE_USER.apply(call(server), plan, silent)
    reset = await RESET_CONSOLE_USER.prepare(call(server), user="ann")
    second = Secret((await RESET_CONSOLE_USER.apply(call(server), reset, silent)).data["password"])
    assert await check(server, "ann", first) is None
    assert await check(server, "ann", second) is ConsoleRole.READ_ONLY
    held = b"".join(path.read_bytes() for path in server.home.rglob("*") if path.is_file())
    assert first.reveal() not in held
    assert second.reveal() not in held
    remove = await REMOVE_CONSOLE_USER.prepare(call(server), user="ann")
    await REMOVE_CONSOLE_USER.apply(call(server), remove, silent)
    assert await check(server, "ann", second) is None
    with pytest.raises(AnswerRefused, match="no-such-user"):
        await REMOVE_CONSOLE_USER.prepare(call(server), user="ann")


def test_every_role_has_a_word() -> None:
    assert ROLES == {"administrator": ConsoleRole.ADMINISTRATOR, "read-only": ConsoleRole.READ_ONLY}
