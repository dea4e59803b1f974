"""List, add, reset, unlock and remove the users of console and API.

Invariants: a password is random, shown once, and stands nowhere but as a hash. What changes a user ends his sessions,
where the Tanium Server runs; one that does not run has none.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tanos.actor import Call
from tanos.console_users.accounts import (
    ROLES,
    ConsoleRole,
    ConsoleUser,
    console_users,
    known_console_user,
    name_taken,
)
from tanos.console_users.accounts import put_console_user as put
from tanos.console_users.sign_in import is_locked
from tanos.errors import NotYet
from tanos.message import N_, Message
from tanos.operation import NOTHING_TO_DO, YES, Inquiry, Operation, Plan, Result, Tell
from tanos.report import Fact, Facts, Say, Section, Table, shown_once
from tanos.secret import Secret
from tanos.services.catalogue import TANIUM_SERVER
from tanos.services.control import ask_supervisor
from tanos.store.store import Change
from tanos.users.names import checked_name
from tanos.users.password import hash_password
from tanos.users.rules import random_password


@dataclass(frozen=True)
class NewUser:
    """Who is added."""

    name: str
    role: ConsoleRole


async def _list(call: Call) -> Result:
    found = console_users(call.appliance)
    rows = tuple((each.name, each.role.value, _state(call, each), each.last_at or "-") for each in found)
    table = Table(
        (N_("user"), N_("role"), N_("state"), N_("last signed in")), rows, empty=N_("There is none yet: add one.")
    )
    data = [
        {
            "user": each.name,
            "role": each.role.value,
            "locked_out": is_locked(call.appliance, each.locked_at),
            "last_at": each.last_at,
            "last_from": each.last_from,
        }
        for each in found
    ]
    return Result(N_("Users of the Tanium Console and its API"), (table,), data={"users": data})


async def _prepare_add(call: Call, *, name: str, role: str) -> Plan[NewUser]:
    wanted = NewUser(checked_name(name), ROLES[role])
    if any(each.name == wanted.name for each in console_users(call.appliance)):
        raise name_taken(wanted.name)
    facts = _facts(wanted.name, wanted.role)
    return Plan(
        N_("Add a user of the console"),
        wanted,
        (facts, Say(N_("A random password is shown once."))),
        data={"user": wanted.name, "role": wanted.role.value},
    )


async def _add(call: Call, plan: Plan[NewUser], tell: Tell) -> Result:
    wanted, password = plan.payload, random_password()
    stored = hash_password(password)
    with call.appliance.store.change(call, about=wanted.name) as change:
        put(change, wanted.name, wanted.role, stored)
        change.after = wanted.role.value
    return _told(N_("This user is added."), wanted.name, wanted.role, password)


@dataclass(frozen=True)
class _Action:
    """One thing done to one user."""

    title: Message
    done: Message
    told: Message
    do: Callable[[Change, str], Secret | None]
    only_locked: bool = False

    @property
    def operation(self) -> Operation[ConsoleUser]:
        """Its five beats; asks for `user`."""

        async def prepare(call: Call, *, user: str) -> Plan[ConsoleUser]:
            account = known_console_user(call.appliance, user)
            idle = self.only_locked and not is_locked(call.appliance, account.locked_at)
            said: tuple[Section, ...] = (_facts(account.name, account.role), Say(self.told))
            data = {"user": account.name, "role": account.role.value}
            return Plan(self.title, account, said, data=data, confirmation=NOTHING_TO_DO if idle else YES)

        async def apply(call: Call, plan: Plan[ConsoleUser], tell: Tell) -> Result:
            account = plan.payload
            with call.appliance.store.change(call, about=account.name) as change:
                known_console_user(call.appliance, account.name)
                change.before, change.quiet = account.role.value, plan.nothing_to_do
                password = self.do(change, account.name)
                change.after = str(self.done)
            if not self.only_locked:
                await _end_sessions(call, account.name)
            return _told(self.done, account.name, account.role, password)

        return Operation(prepare, apply)


def _reset(change: Change, name: str) -> Secret | None:
    password = random_password()
    change.execute("UPDATE console_users SET password_hash = ? WHERE name = ?", hash_password(password), name)
    change.execute("DELETE FROM console_ways WHERE console_user = ?", name)
    _unlock(change, name)
    return password


def _unlock(change: Change, name: str) -> Secret | None:
    nothing = "failures = 0, since = '', locked_at = NULL"
    change.execute(f"UPDATE console_users SET {nothing} WHERE name = ?", name)  # noqa: S608 - our own words
    change.execute(f"UPDATE console_ways SET {nothing} WHERE console_user = ?", name)  # noqa: S608 - our own words
    return None


def _remove(change: Change, name: str) -> Secret | None:
    change.execute("DELETE FROM console_users WHERE name = ?", name)
    return None


async def _end_sessions(call: Call, name: str) -> None:
    try:
        await ask_supervisor(
            call.appliance, "ask", name=TANIUM_SERVER.name, what="end-sessions", words={"user": name}
        )
    except NotYet:
        return


def _told(title: Message, name: str, role: ConsoleRole, password: Secret | None) -> Result:
    data = {"user": name, "role": role.value}
    if password is None:
        return Result(title, (_facts(name, role),), data=data)
    once = shown_once(N_("Password, shown only now"), password)
    return Result(title, (_facts(name, role), once), data={**data, "password": password.reveal().decode()})


def _facts(name: str, role: ConsoleRole) -> Facts:
    return Facts((Fact(N_("User of the console"), name), Fact(N_("Role"), role.value)))


def _state(call: Call, account: ConsoleUser) -> Message:
    return N_("locked out") if is_locked(call.appliance, account.locked_at) else N_("enabled")


LIST_CONSOLE_USERS = Inquiry(_list)
ADD_CONSOLE_USER: Operation[NewUser] = Operation(_prepare_add, _add)
RESET_CONSOLE_USER = _Action(
    N_("Reset the password of a user of the console"),
    N_("The password is reset."),
    N_("A random password is shown once, a lock-out is lifted, and open sessions end."),
    _reset,
).operation
UNLOCK_CONSOLE_USER = _Action(
    N_("Unlock a user of the console"),
    N_("This user is not locked out."),
    N_("The password signs in again at once; wrong ones are counted anew."),
    _unlock,
    only_locked=True,
).operation
REMOVE_CONSOLE_USER = _Action(
    N_("Remove a user of the console"),
    N_("This user is removed."),
    N_("The password signs in no more, and open sessions end; the name can be added again."),
    _remove,
).operation
