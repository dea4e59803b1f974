"""Give an account another role.

Invariants: nobody changes his own role, nor takes it from the last account by which a tanadmin can come in; the
accounts that every appliance has keep theirs, and nobody else becomes one for files. Sessions hold the role that they
began with, so that the open ones of the account end.
"""

from dataclasses import dataclass

from tanos.actor import Call
from tanos.errors import AnswerRefused
from tanos.message import N_
from tanos.operation import NOTHING_TO_DO, YES, Operation, Plan, Result, Tell
from tanos.platform import UserRole
from tanos.report import Fact, Facts, Say
from tanos.users.account_actions import BUILT_IN
from tanos.users.accounts import User, known_user, set_role
from tanos.users.actions import account_facts, described, keep_a_way_in, keep_oneself


@dataclass(frozen=True)
class Promotion:
    """Whose role becomes which."""

    user: User
    role: UserRole


async def prepare(call: Call, *, user: str, role: str) -> Plan[Promotion]:
    """Find the account. Raises AnswerRefused `no-such-user`, `built-in-user`, `own-account`, `last-way-in`."""
    wanted = Promotion(known_user(call.appliance, user), UserRole(role))
    _check(call, wanted.user, wanted.role)
    told = (
        N_("From then on this user may do everything. Open sessions end; the next sign-in has the new role.")
        if wanted.role is UserRole.TANADMIN
        else N_("From then on this user sees the status, own keys and own password. Open sessions end.")
    )
    return Plan(
        N_("Give a user another role"),
        wanted,
        (account_facts(wanted.user), Facts((Fact(N_("New role"), wanted.role.value),)), Say(told)),
        data=_data(wanted),
        confirmation=NOTHING_TO_DO if wanted.user.role is wanted.role else YES,
    )


async def apply(call: Call, plan: Plan[Promotion], tell: Tell) -> Result:
    """Change it. Raises as `prepare` does."""
    wanted = plan.payload
    with call.appliance.store.change(call, about=wanted.user.name) as change:
        account = known_user(call.appliance, wanted.user.name)
        _check(call, account, wanted.role)
        change.quiet = account.role is wanted.role
        if not change.quiet:
            set_role(change, account.name, wanted.role)
            change.before, change.after = described(account), f"role {wanted.role.value}"
    facts = Facts((Fact(N_("User"), account.name), Fact(N_("Role"), wanted.role.value)))
    return Result(N_("This user has that role."), (facts,), data=_data(wanted))


def _check(call: Call, account: User, role: UserRole) -> None:
    if account.role is role:
        return
    if account.name in BUILT_IN:
        raise AnswerRefused(
            "built-in-user",
            N_("{user} belongs to every appliance, and keeps its role.", user=account.name),
            N_("Add a user with that role instead."),
        )
    keep_oneself(call, account)
    keep_a_way_in(call, account)


def _data(wanted: Promotion) -> dict[str, object]:
    return {"user": wanted.user.name, "role": wanted.role.value}


SET_ROLE: Operation[Promotion] = Operation(prepare, apply)
