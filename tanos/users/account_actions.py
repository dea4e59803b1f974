"""Disable, enable and delete an account.

Invariant: a deleted account leaves nothing that a later one of the same name could inherit: its keys and passwords go
with it, and its own key pair before it.
"""

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.errors import AnswerRefused
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.platform import DROP_BOX_USER
from tanos.store.store import Change
from tanos.users.accounts import User, remove_user, set_disabled
from tanos.users.actions import Action, keep_a_way_in, keep_oneself

BUILT_IN = frozenset({"tanadmin", DROP_BOX_USER})
"""Accounts that every appliance has: the pair of the first signs in to peers, the second is the drop box."""


def _may_go(call: Call, account: User) -> None:
    keep_oneself(call, account)
    keep_a_way_in(call, account)


def _may_be_deleted(call: Call, account: User) -> None:
    if account.name in BUILT_IN:
        raise AnswerRefused(
            "built-in-user",
            N_("{user} belongs to every appliance.", user=account.name),
            N_("Disable the account instead."),
        )
    _may_go(call, account)


def _disable(_: Call, change: Change, account: User) -> None:
    set_disabled(change, account.name, disabled=True)
    change.after = "disabled"


def _enable(_: Call, change: Change, account: User) -> None:
    set_disabled(change, account.name, disabled=False)
    change.after = "enabled"


def _delete(call: Call, change: Change, account: User) -> None:
    keeper_of(call.appliance).forget_ssh_pair(account.name)
    remove_user(change, account.name)
    change.after = "deleted"


def _is_disabled(_: Appliance, account: User) -> bool:
    return account.disabled


def _is_enabled(_: Appliance, account: User) -> bool:
    return not account.disabled


def _never(_: Appliance, __: User) -> bool:
    return False


def _always_fine(_: Call, __: User) -> None:
    return


DISABLE_USER = Action(
    N_("Disable a user"),
    N_("This user is disabled."),
    N_(
        "Neither password nor key signs in any more, and open sessions end. Nothing is lost: it can be enabled again."
    ),
    _may_go,
    _is_disabled,
    _disable,
).operation
ENABLE_USER = Action(
    N_("Enable a user"),
    N_("This user is enabled."),
    N_("Password and keys sign in again, as before."),
    _always_fine,
    _is_enabled,
    _enable,
).operation
DELETE_USER = Action(
    N_("Delete a user"),
    N_("This user is deleted."),
    N_("Password, authorized keys and key pair of the account go with it, and open sessions end."),
    _may_be_deleted,
    _never,
    _delete,
).operation
