"""P, `password set`: one changes one's own password, by the old one.

Invariants: neither password is kept, shown or written down. Every session that the former password opened ends with
the change, this one too if it is one of them; a session that a key opened proves as much as before, and goes on.

This is no change on trial: it cannot lock out. What is kept is the hash of what was typed twice, as every face and
the sign-in read it; keys and the passwords of others are not touched; and a trial would bring the former password
back, which is often changed because somebody else knows it.
"""

import asyncio
from dataclasses import dataclass

from tanos.actor import Call
from tanos.errors import AnswerRefused, NotYet
from tanos.message import N_
from tanos.operation import Operation, Plan, Result, Tell
from tanos.report import Fact, Facts, Say
from tanos.secret import Secret
from tanos.users.accounts import User, known_user
from tanos.users.choice import check_choice, in_turn
from tanos.users.lockout import count_failure, lock_of
from tanos.users.password import check_password, hash_password
from tanos.users.replaced import replace_password


@dataclass(frozen=True)
class Choice:
    """Whose password is replaced, as it stood, and the hash of the new one."""

    user: User
    password_hash: str


async def prepare(call: Call, *, old: Secret, new: Secret, again: Secret) -> Plan[Choice]:
    """Check old and new. Raises AnswerRefused `never-a-password`, `wrong-password`, or as `check_choice` does;
    NotYet `locked-out`.
    """
    account = known_user(call.appliance, call.actor.user)
    if not account.has_password:
        raise AnswerRefused(
            "never-a-password",
            N_("{user} signs in by keys only.", user=account.name),
            N_("A tanadmin user can give this account a password."),
        )
    stored = await asyncio.to_thread(_checked, call, account, old, new, again)
    told = N_("Sessions that the old password opened end, also this one if it did.")
    return Plan(
        N_("Change your own password"),
        Choice(account, stored),
        (Facts((Fact(N_("User"), account.name),)), Say(told)),
        data={"user": account.name},
    )


async def apply(call: Call, plan: Plan[Choice], tell: Tell) -> Result:
    """Change it. Raises NotYet `stale` where it was changed meanwhile."""
    before = plan.payload.user
    with call.appliance.store.change(call, about=before.name) as change:
        account = known_user(call.appliance, before.name)
        if account.password_epoch != before.password_epoch:
            raise NotYet(
                "stale", N_("Another session changed this password meanwhile."), N_("Try again with the present one.")
            )
        replace_password(change, account.name, plan.payload.password_hash, must_change=False)
        change.after = "password changed"
    facts = Facts((Fact(N_("User"), account.name),))
    told = N_("Sign in with it from now on.")
    return Result(N_("Your password is changed."), (facts, Say(told)), data={"user": account.name})


def _checked(call: Call, account: User, old: Secret, new: Secret, again: Secret) -> str:
    """Return the hash of the new password, once both were found right."""
    with in_turn(call.appliance):
        if lock_of(call.appliance, account.name) is not None:
            raise NotYet(
                "locked-out",
                N_("After too many wrong passwords, the password of {user} is locked.", user=account.name),
                N_("Try again later, or have a tanadmin user unlock it; keys still sign in."),
            )
        if not check_password(call.appliance, account.name, old):
            with call.appliance.store.change(call) as change:
                change.quiet = True
                count_failure(change, call.appliance, account.name)
            raise AnswerRefused(
                "wrong-password", N_("The old password is not right."), N_("Type it again; keys still sign in.")
            )
        check_choice(call.appliance, account, new, again)
        return hash_password(new)


SET_PASSWORD: Operation[Choice] = Operation(prepare, apply)
