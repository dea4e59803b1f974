"""Let a key no longer sign in as a user.

Invariant: nothing here can lock an operator out: the key he is signed in with is taken away on trial, and the last
way into the console stays. What was checked for the Plan is checked again inside the transaction, since another
session may have been faster.
"""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from tanos.actor import Call
from tanos.errors import AnswerRefused
from tanos.inert import inert
from tanos.keys.authorized import AuthorizedKey, authorized_keys, may_be_own, take_away, ways_in
from tanos.keys.last_way import last_way_in
from tanos.keys.shown import key_data, key_facts, key_in_audit
from tanos.keys.trial_rows import KEY
from tanos.keys.whose import user_within_reach
from tanos.message import N_
from tanos.moments import moment_text
from tanos.operation import Operation, Plan, Result, Tell
from tanos.platform import UserRole
from tanos.report import Facts, Say
from tanos.store.store import Change
from tanos.trials.announced import how_to_keep_it, on_trial_warning
from tanos.trials.rows import on_trial
from tanos.users.accounts import User


@dataclass(frozen=True)
class Removal:
    """The key that may no longer sign in as `user`."""

    user: User
    fingerprint: str


async def prepare_removal(call: Call, *, user: str, fingerprint: str) -> Plan[Removal]:
    """Find the key. Raises AnswerRefused `no-such-key`, `last-way-in`."""
    account = user_within_reach(call, user)
    key = _removable(call, account, fingerprint)
    is_own = _is_own(call, account, key.fingerprint)
    own = on_trial_warning(call.appliance, N_("You are signed in with this key."))
    ends = N_("Sessions that it opened end, once that is kept.") if is_own else N_("Sessions that it opened end.")
    return Plan(
        N_("This key may no longer sign in as {user}", user=user),
        Removal(account, key.fingerprint),
        (_facts(user, key), Say(ends)),
        (own,) if is_own else (),
        _data(user, key),
    )


async def remove(call: Call, plan: Plan[Removal], tell: Tell) -> Result:
    """Take the key away. Raises as `prepare_removal` does."""
    account, fingerprint = plan.payload.user, plan.payload.fingerprint
    own = _is_own(call, account, fingerprint)
    with call.appliance.store.change(call, about=account.name) as change:
        key = _removable(call, account, fingerprint)
        with _on_trial_if_own(change, call, account, fingerprint):
            take_away(change, account.name, key.fingerprint)
        change.before = key_in_audit(key, key.options)
    title = N_("This key may no longer sign in as {user}.", user=account.name)
    on_trial_too = (how_to_keep_it(),) if own else ()
    return Result(title, (_facts(account.name, key), *on_trial_too), data=_data(account.name, key))


def _removable(call: Call, account: User, fingerprint: str) -> AuthorizedKey:
    wanted = fingerprint.strip().rstrip("=")
    wanted = wanted if wanted.startswith("SHA256:") else f"SHA256:{wanted}"
    for key in authorized_keys(call.appliance, account.name):
        if key.fingerprint == wanted:
            _refuse_last_way_in(call, account, key)
            return key
    raise AnswerRefused(
        "no-such-key",
        N_("No key {fingerprint} may sign in as {user}.", fingerprint=inert(fingerprint), user=account.name),
        N_("List the authorized keys and give the whole fingerprint of one of them."),
    )


def _is_own(call: Call, account: User, fingerprint: str) -> bool:
    """Say whether it is the key of the present session, or the authority of its certificate."""
    return may_be_own(call, account.name, fingerprint)


def _on_trial_if_own(change: Change, call: Call, account: User, fingerprint: str) -> AbstractContextManager[None]:
    if not _is_own(call, account, fingerprint):
        return nullcontext()
    return on_trial(change, call, KEY, user=account.name, fingerprint=fingerprint)


def _refuse_last_way_in(call: Call, account: User, key: AuthorizedKey) -> None:
    stay = ways_in(call.appliance, without=(key.fingerprint,), user=account.name)
    is_dead = key.expires and key.expires <= moment_text(call.appliance.clock())
    if account.role is UserRole.TANADMIN and not account.disabled and not stay and not is_dead:
        raise last_way_in(
            call.appliance,
            N_("This key is the last way into the console: no password is set and no other key will last."),
            N_("Add another key first."),
            without=(key.fingerprint,),
        )


def _facts(user: str, key: AuthorizedKey) -> Facts:
    return key_facts(user, key, key.options, key.expires)


def _data(user: str, key: AuthorizedKey) -> dict[str, object]:
    return key_data(user, key, key.options, key.expires)


REMOVE_AUTHORIZED: Operation[Removal] = Operation(prepare_removal, remove)
