"""Add an account, or give one a new random password.

Invariants: a random password is shown once, in the Result, and stands nowhere but as a hash; whoever signs in by it
has to choose his own. Nobody chooses another's password. tancopy never gets one.
"""

from dataclasses import dataclass

from tanos.actor import Call
from tanos.errors import AnswerRefused
from tanos.keys.authorized import authorized_keys
from tanos.message import N_
from tanos.operation import Operation, Plan, Result, Tell
from tanos.platform import UserRole
from tanos.report import Fact, Facts, Say, Section, shown_once
from tanos.secret import Secret
from tanos.users.accounts import User, add_user, known_user, user
from tanos.users.actions import account_facts, described, keep_a_way_in
from tanos.users.names import checked_name
from tanos.users.password import hash_password
from tanos.users.replaced import replace_password
from tanos.users.rules import random_password


@dataclass(frozen=True)
class Addition:
    """The account that is added."""

    name: str
    role: UserRole
    keys_only: bool


@dataclass(frozen=True)
class Reset:
    """Whose password is replaced by a random one, or by none."""

    user: User
    keys_only: bool


async def prepare_addition(call: Call, *, name: str, role: str, keys_only: bool) -> Plan[Addition]:
    """Check the name. Raises AnswerRefused `bad-name`, `name-taken`."""
    wanted = Addition(checked_name(name), UserRole(role), keys_only)
    _refuse_taken(call, wanted.name)
    shown = Facts(
        (
            Fact(N_("User"), wanted.name),
            Fact(N_("Role"), wanted.role.value),
            Fact(N_("Signs in by"), N_("keys only") if keys_only else N_("a random password, shown once")),
        )
    )
    return Plan(N_("Add a user"), wanted, (shown,), data=_data(wanted.name, wanted.role, keys_only))


async def add(call: Call, plan: Plan[Addition], tell: Tell) -> Result:
    """Add it. Raises AnswerRefused `name-taken`."""
    wanted = plan.payload
    password = None if wanted.keys_only else random_password()
    stored = hash_password(password) if password else None
    with call.appliance.store.change(call, about=wanted.name) as change:
        _refuse_taken(call, wanted.name)
        add_user(change, wanted.name, wanted.role, stored, must_change=stored is not None)
        change.after = f"role {wanted.role.value}, " + ("password" if stored else "keys only")
    facts = Facts((Fact(N_("User"), wanted.name), Fact(N_("Role"), wanted.role.value)))
    return _shown_once(Result(N_("This user is added."), (facts,)), wanted.name, wanted.role, password)


async def prepare_reset(call: Call, *, user: str, keys_only: bool) -> Plan[Reset]:
    """Find the account. Raises AnswerRefused `no-such-user`, `never-a-password`, `last-way-in`."""
    account = known_user(call.appliance, user)
    _check_reset(call, account, keys_only=keys_only)
    told = (
        N_("The account keeps its keys and gets no password.")
        if keys_only
        else N_("A random password is shown once; it is changed at the first sign-in by it.")
    )
    ends = N_("Sessions that the present password opened end.")
    sections: tuple[Section, ...] = (account_facts(account), Say(told), Say(ends))
    data = _data(account.name, account.role, keys_only)
    title = N_("Take the password of a user away") if keys_only else N_("Reset the password of a user")
    return Plan(title, Reset(account, keys_only), sections, data=data)


async def reset(call: Call, plan: Plan[Reset], tell: Tell) -> Result:
    """Replace the password. Raises as `prepare_reset` does."""
    wanted = plan.payload
    password = None if wanted.keys_only else random_password()
    stored = hash_password(password) if password else None
    with call.appliance.store.change(call, about=wanted.user.name) as change:
        account = known_user(call.appliance, wanted.user.name)
        _check_reset(call, account, keys_only=wanted.keys_only)
        change.before = described(account)
        replace_password(change, account.name, stored, must_change=stored is not None)
        change.after = "password" if stored else "keys only"
    facts = Facts((Fact(N_("User"), account.name), Fact(N_("Role"), account.role.value)))
    title = N_("This user has no password any more.") if wanted.keys_only else N_("The password is reset.")
    return _shown_once(Result(title, (facts,)), account.name, account.role, password)


def _check_reset(call: Call, account: User, *, keys_only: bool) -> None:
    if account.role is UserRole.TANCOPY:
        raise AnswerRefused(
            "never-a-password",
            N_("{user} signs in by keys only, for file transfer.", user=account.name),
            N_("Let a key sign in as this user instead."),
        )
    if keys_only and account.has_password and not authorized_keys(call.appliance, account.name):
        keep_a_way_in(call, account)


def _refuse_taken(call: Call, name: str) -> None:
    if user(call.appliance, name) is not None:
        raise AnswerRefused(
            "name-taken",
            N_("There is a user {name} already.", name=name),
            N_("Choose another name, or reset that user's password."),
        )


def _shown_once(result: Result, name: str, role: UserRole, password: Secret | None) -> Result:
    """Return the result with the password, the one time that it is told."""
    if password is None:
        told: tuple[Section, ...] = (Say(N_("Let a key sign in as this user next.")),)
        return Result(result.title, (*result.sections, *told), data=_data(name, role, keys_only=True))
    told = (
        shown_once(N_("Password, shown only now"), password),
        Say(N_("It is changed at the first sign-in by it.")),
    )
    data = {**_data(name, role, keys_only=False), "password": password.reveal().decode()}
    return Result(result.title, (*result.sections, *told), data=data)


def _data(name: str, role: UserRole, keys_only: bool) -> dict[str, object]:
    return {"user": name, "role": role.value, "keys_only": keys_only}


ADD_USER: Operation[Addition] = Operation(prepare_addition, add)
RESET_USER: Operation[Reset] = Operation(prepare_reset, reset)
