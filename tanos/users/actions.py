"""One thing done to one account: the frame that disabling, enabling, deleting and unlocking share.

Invariants: nobody takes away his own account, nor the last way in of all tanadmins; what was checked for the Plan is
checked again inside the transaction, since another session may have been faster.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.errors import AnswerRefused
from tanos.keys.authorized import ways_in
from tanos.keys.last_way import last_way_in
from tanos.message import N_, Message
from tanos.operation import NOTHING_TO_DO, YES, Operation, Plan, Result, Tell
from tanos.platform import UserRole
from tanos.report import Fact, Facts, Say
from tanos.store.store import Change
from tanos.users.accounts import User, known_user


@dataclass(frozen=True)
class Action:
    """What is done, in words and in the database."""

    title: Message
    done: Message
    told: Message
    """What follows from it, for one who is about to do it."""
    check: Callable[[Call, User], None]
    """Raises AnswerRefused where this account must not be treated so."""
    is_done: Callable[[Appliance, User], bool]
    do: Callable[[Call, Change, User], None]

    @property
    def operation(self) -> Operation[User]:
        """The five beats of it; asks for `user`."""

        async def prepare(call: Call, *, user: str) -> Plan[User]:
            account = known_user(call.appliance, user)
            self.check(call, account)
            done = self.is_done(call.appliance, account)
            said = (account_facts(account), Say(self.told))
            data = {"user": account.name, "role": account.role.value}
            return Plan(self.title, account, said, data=data, confirmation=NOTHING_TO_DO if done else YES)

        async def apply(call: Call, plan: Plan[User], tell: Tell) -> Result:
            with call.appliance.store.change(call, about=plan.payload.name) as change:
                account = known_user(call.appliance, plan.payload.name)
                self.check(call, account)
                change.quiet = self.is_done(call.appliance, account)
                if not change.quiet:
                    change.before = described(account)
                    self.do(call, change, account)
            data = {"user": account.name, "role": account.role.value}
            return Result(self.done, (Facts((Fact(N_("User"), account.name),)),), data=data)

        return Operation(prepare, apply)


def account_facts(account: User) -> Facts:
    """Return whose account it is."""
    return Facts((Fact(N_("User"), account.name), Fact(N_("Role"), account.role.value)))


def described(account: User) -> str:
    """Return what the audit says of an account."""
    way = "password" if account.has_password else "keys only"
    return f"role {account.role.value}, {way}" + (", disabled" if account.disabled else "")


def keep_oneself(call: Call, account: User) -> None:
    """Raise AnswerRefused `own-account`."""
    if call.actor.user == account.name:
        raise AnswerRefused(
            "own-account", N_("This is your own account."), N_("Have another tanadmin user do it, if it must be.")
        )


def keep_a_way_in(call: Call, account: User) -> None:
    """Raise AnswerRefused `last-way-in` where nobody could sign in as a tanadmin without this account."""
    if (
        account.role is UserRole.TANADMIN
        and not account.disabled
        and not ways_in(call.appliance, besides=account.name)
    ):
        raise last_way_in(
            call.appliance,
            N_("Only {user} can sign in as a tanadmin: without this account nobody could.", user=account.name),
            N_("Give another tanadmin user a password or a key first."),
            besides=account.name,
        )
