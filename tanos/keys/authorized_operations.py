"""List, add and remove the keys that may sign in as a user.

Invariant: nothing here can lock an operator out: the key he is signed in with is taken away on trial, and the last
way into the console stays. What was checked for the Plan is checked again inside the transaction, since another
session may have been faster.
"""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass

from tanos.actor import Call
from tanos.errors import AnswerRefused
from tanos.finding import refuse
from tanos.inert import inert
from tanos.keys import refusals
from tanos.keys.authorized import AuthorizedKey, authorize, authorized_keys, take_away, ways_in
from tanos.keys.public_key import SshPublicKey, read_pasted_key
from tanos.keys.whose import user_within_reach
from tanos.message import N_
from tanos.operation import Inquiry, Operation, Plan, Result, Tell
from tanos.platform import UserRole
from tanos.report import Fact, Facts, Say, Section, Table
from tanos.store.store import Change
from tanos.trials.announced import how_to_keep_it, on_trial_warning
from tanos.trials.rows import KEY, on_trial
from tanos.users.accounts import User

_PROMISED = ("fingerprint", "type", "bits", "comment", "added_by", "added_at")


@dataclass(frozen=True)
class Addition:
    """The key that may sign in as `user` from now on."""

    user: str
    key: SshPublicKey


@dataclass(frozen=True)
class Removal:
    """The key that may no longer sign in as `user`."""

    user: User
    fingerprint: str


async def read_list(call: Call, *, user: str) -> Result:
    """List the keys that may sign in as `user`."""
    user_within_reach(call, user)
    keys = authorized_keys(call.appliance, user)
    table = Table(
        (N_("Fingerprint"), N_("Type"), N_("Bits"), N_("Comment"), N_("Added by"), N_("Added")),
        tuple((key.fingerprint, key.type, str(key.bits), key.comment, key.added_by, key.added_at) for key in keys),
        N_("No key may sign in as {user}.", user=user),
    )
    shown = [{name: value for name, value in asdict(key).items() if name in _PROMISED} for key in keys]
    return Result(N_("Authorized keys of {user}", user=user), (table,), data={"user": user, "keys": shown})


async def prepare_addition(call: Call, *, user: str, text: bytes) -> Plan[Addition]:
    """Read the pasted key. Raises AnswerRefused by the ids of `read_pasted_key`, and `duplicate`."""
    user_within_reach(call, user)
    key, findings, repairs = read_pasted_key(text)
    _refuse_duplicate(call, user, key.fingerprint)
    sections: tuple[Section, ...] = (_facts(user, key), *(Say(repair) for repair in repairs))
    compare = N_("Compare the fingerprint with the one shown where the key comes from.")
    return Plan(
        N_("Let this key sign in as {user}", user=user),
        Addition(user, key),
        (*sections, Say(compare)),
        findings,
        {**_data(user, key), "repairs": [str(repair) for repair in repairs]},
    )


async def add(call: Call, plan: Plan[Addition], tell: Tell) -> Result:
    """Let the key sign in. Raises AnswerRefused `duplicate`."""
    user, key = plan.payload.user, plan.payload.key
    with call.appliance.store.change(call, about=user) as change:
        _refuse_duplicate(call, user, key.fingerprint)
        authorize(change, call, user, key)
        change.after = f"{key.fingerprint} {key.type} {key.bits} {key.comment}".rstrip()
    return Result(N_("This key may now sign in as {user}.", user=user), (_facts(user, key),), data=_data(user, key))


async def prepare_removal(call: Call, *, user: str, fingerprint: str) -> Plan[Removal]:
    """Find the key. Raises AnswerRefused `no-such-key`, `last-way-in`."""
    account = user_within_reach(call, user)
    key = _removable(call, account, fingerprint)
    own = on_trial_warning(call.appliance, N_("You are signed in with this key."))
    return Plan(
        N_("This key may no longer sign in as {user}", user=user),
        Removal(account, key.fingerprint),
        (_facts(user, key),),
        (own,) if _is_own(call, account, key.fingerprint) else (),
        _data(user, key),
    )


async def remove(call: Call, plan: Plan[Removal], tell: Tell) -> Result:
    """Take the key away. Raises as `prepare_removal` does."""
    account, fingerprint = plan.payload.user, plan.payload.fingerprint
    with call.appliance.store.change(call, about=account.name) as change:
        key = _removable(call, account, fingerprint)
        with _on_trial_if_own(change, call, account, fingerprint):
            take_away(change, account.name, key.fingerprint)
        change.before = f"{key.fingerprint} {key.type} {key.bits} {key.comment}".rstrip()
    title = N_("This key may no longer sign in as {user}.", user=account.name)
    on_trial_too = (how_to_keep_it(),) if _is_own(call, account, fingerprint) else ()
    return Result(title, (_facts(account.name, key), *on_trial_too), data=_data(account.name, key))


def _refuse_duplicate(call: Call, user: str, fingerprint: str) -> None:
    if any(key.fingerprint == fingerprint for key in authorized_keys(call.appliance, user)):
        raise AnswerRefused.because(refusals.duplicate(user, fingerprint))


def _removable(call: Call, account: User, fingerprint: str) -> AuthorizedKey:
    wanted = fingerprint.strip().rstrip("=")
    wanted = wanted if wanted.startswith("SHA256:") else f"SHA256:{wanted}"
    for key in authorized_keys(call.appliance, account.name):
        if key.fingerprint == wanted:
            _refuse_last_way_in(call, account)
            return key
    raise AnswerRefused(
        "no-such-key",
        N_("No key {fingerprint} may sign in as {user}.", fingerprint=inert(fingerprint), user=account.name),
        N_("List the authorized keys and give the whole fingerprint of one of them."),
    )


def _is_own(call: Call, account: User, fingerprint: str) -> bool:
    """Say whether it is the key of the present session."""
    return call.actor.user == account.name and call.actor.key == fingerprint


def _on_trial_if_own(change: Change, call: Call, account: User, fingerprint: str) -> AbstractContextManager[None]:
    if not _is_own(call, account, fingerprint):
        return nullcontext()
    return on_trial(change, call, KEY, user=account.name, fingerprint=fingerprint)


def _refuse_last_way_in(call: Call, account: User) -> None:
    if account.role is UserRole.TANADMIN and ways_in(call.appliance) <= 1 and not account.disabled:
        raise AnswerRefused.because(
            refuse(
                "last-way-in",
                N_("This key is the last way into the console: no password is set and no other key is known."),
                N_("Add another key first."),
            )
        )


def _facts(user: str, key: SshPublicKey | AuthorizedKey) -> Facts:
    return Facts(
        (
            Fact(N_("User"), user),
            Fact(N_("Fingerprint"), key.fingerprint),
            Fact(N_("Type"), key.type),
            Fact(N_("Bits"), str(key.bits)),
            Fact(N_("Comment"), key.comment or N_("none")),
        )
    )


def _data(user: str, key: SshPublicKey | AuthorizedKey) -> dict[str, object]:
    shown: dict[str, object] = {"user": user, "fingerprint": key.fingerprint}
    return {**shown, "type": key.type, "bits": key.bits, "comment": key.comment}


LIST_AUTHORIZED = Inquiry(read_list)
ADD_AUTHORIZED: Operation[Addition] = Operation(prepare_addition, add)
REMOVE_AUTHORIZED: Operation[Removal] = Operation(prepare_removal, remove)
