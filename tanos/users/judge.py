"""What the front door asks about somebody who signs in by password, or by key and code.

Invariant: one question about a password costs one hash, whoever is named and whatever holds; the answer is no to a
wrong password, a wrong code and a locked one alike, and only the audit tells them apart. Who took his time after
the proof changes nothing by it any more once the account, its password or its device was replaced meanwhile.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.errors import NotYet, TanosError
from tanos.message import N_, Message
from tanos.secret import Secret
from tanos.store.store import Change
from tanos.users.accounts import User, known_user, user
from tanos.users.choice import check_choice
from tanos.users.codes import enrol, factor_of, matching_step, take_code, wants_code
from tanos.users.due import why_due
from tanos.users.lockout import Counted, count_failure, forget_failures, has_failures, lock_of
from tanos.users.password import check_password, hash_password
from tanos.users.replaced import replace_password

Also = Callable[[Change, Appliance], object]
Standing = tuple[str, int]
"""When an account was made, and the epoch of its password: what a right password proved."""


@dataclass(frozen=True)
class Verdict:
    """Whether somebody may come in, what the audit says where he may not, and what goes with that record."""

    right: bool
    result: str = "done"
    also: Also | None = None
    standing: Standing = ("", 0)
    """Of the account whose password is right."""


def judge(call: Call, name: str, password: Secret, code: str) -> Verdict:
    """Say whether that password signs in, with the code where one is wanted. Blocks for about 40 ms."""
    appliance = call.appliance
    account = user(appliance, name)
    standing = _standing(account) if account else ("", 0)  # before the check: who is overtaken has the former
    right = check_password(appliance, name, password)
    if lock_of(appliance, name) is not None:
        return Verdict(False, "locked-out")
    if not right:
        return Verdict(False, "wrong-password", partial(_counted, name))
    factor = factor_of(appliance, name)
    enrolled = factor is not None and factor.secret is not None
    if enrolled and wants_code(appliance, factor, by_key=False) and not take_code(call, name, code):
        return Verdict(False, "wrong-code", partial(_counted, name))
    return Verdict(True, standing=standing)


def judge_code(call: Call, name: str, code: str) -> Verdict:
    """Say whether that code completes a sign-in by key; a wrong one is counted, but not against the password."""
    if lock_of(call.appliance, name, Counted.CODE) is not None:
        return Verdict(False, "locked-out")
    if not take_code(call, name, code):
        return Verdict(False, "wrong-code", partial(_counted, name, what=Counted.CODE))
    _forget(call, name, Counted.CODE)
    return Verdict(True)


def must_enrol(appliance: Appliance, name: str, *, by_key: bool) -> bool:
    """Say whether a code is wanted of somebody who has no device yet."""
    factor = factor_of(appliance, name)
    return factor is not None and factor.secret is None and wants_code(appliance, factor, by_key=by_key)


def welcome(call: Call, name: str) -> Message | None:
    """Forget what was typed wrong before the right password; return why it has to be changed first, if it has."""
    _forget(call, name, Counted.PASSWORD)
    return why_due(call.appliance, known_user(call.appliance, name))


def enrol_at_the_door(call: Call, name: str, secret: Secret, code: str, proven: Standing) -> bool:
    """Let the device count whose code this is; the password `proven` says whose, and a key alone does not.

    Raises NotYet `stale`, TanosError where it cannot be written.
    """
    step = matching_step(call.appliance, secret, code)
    if step is None:
        return False
    with call.appliance.store.change(replace(call, verb="mfa confirm"), about=name) as change:
        factor = factor_of(call.appliance, name)
        if factor is None or factor.secret is not None:
            raise _overtaken()
        _still(call.appliance, name, proven)
        enrol(change, name, secret, step)
        change.after = "enrolled"
    return True


def choose(call: Call, name: str, new: Secret, again: Secret, proven: Standing) -> Standing:
    """Replace the password that was `proven`; return what the new one proves.

    Raises AnswerRefused as `check_choice` does, NotYet `stale`.
    Blocks for up to twelve hashes of about 40 ms: call it in a thread.
    """
    appliance = call.appliance
    check_choice(appliance, _still(appliance, name, proven), new, again)
    stored = hash_password(new)
    with appliance.store.change(call, about=name) as change:
        _still(appliance, name, proven)
        replace_password(change, name, stored, must_change=False)
        change.after = "password changed"
        return _standing(known_user(appliance, name))


def _standing(account: User) -> Standing:
    return account.created_at, account.password_epoch


def _still(appliance: Appliance, name: str, proven: Standing) -> User:
    """Return the account, which still is what was proved. Raises NotYet `stale`."""
    account = user(appliance, name)
    if account is None or account.disabled or _standing(account) != proven:
        raise _overtaken()
    return account


def _overtaken() -> NotYet:
    return NotYet("stale", N_("Another session changed this account meanwhile."), N_("Sign in anew."))


def _counted(name: str, change: Change, appliance: Appliance, what: Counted = Counted.PASSWORD) -> None:
    count_failure(change, appliance, name, what)


def _forget(call: Call, name: str, what: Counted) -> None:
    if has_failures(call.appliance, name, what):
        with suppress(TanosError), call.appliance.store.change(call) as change:
            change.quiet = True
            forget_failures(change, name, what)
