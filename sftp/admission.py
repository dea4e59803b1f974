"""Who may have a console, or files, here that another SSH server let in.

Invariants: for a console, a user of the appliance who is not disabled and is not for files; nobody else is told more
than that. A key that the other server let in, where it says which (`ExposeAuthInfo yes`), was not revoked and is held
to the limits that it has here. That server saw its proof, so that whoever came by it may be told why not.
"""

import base64
import binascii

from tanos.actor import Actor, Call
from tanos.appliance import Appliance
from tanos.errors import NotOffered, TanosError
from tanos.inert import inert
from tanos.keys.authorized import TurnedAway
from tanos.keys.elsewhere import LetIn, judge_let_in
from tanos.keys.public_key import fingerprint_of
from tanos.message import N_, Message
from tanos.platform import UserRole
from tanos.users.accounts import User, user

_WHY = {
    "key-expired": N_("it has expired here"),
    "key-from-elsewhere": N_("it may not be used from this address"),
    "key-revoked": N_("it was revoked"),
}
_ELSE: Message = N_("what stands here of it does not let it in")


def admitted(appliance: Appliance, name: str) -> User:
    """Return the account of a console. Raises NotOffered `no-console`, Damaged `store-failed`."""
    account = user(appliance, name)
    if account is None:
        raise NotOffered(
            "no-console",
            N_("{user} is no user of this appliance.", user=inert(name)),
            N_("Sign in by the name of one of its users, or name one with --user."),
        )
    if account.disabled or account.role is UserRole.TANCOPY:
        raise NotOffered(
            "no-console",
            N_("{user} has no console.", user=account.name),
            N_("Sign in as another user; tancopy is for SFTP."),
        )
    return account


def let_in_by(appliance: Appliance, user: str, key: str, address: str) -> LetIn | None:
    """Return what holds of `key`, in base64 as sshd tells it; None where it does not say.

    Raises NotOffered `key-turned-away`, Damaged `store-failed`.
    """
    if not key:
        return None
    verdict = judge_let_in(appliance, user, _blob(key), address)
    if isinstance(verdict, TurnedAway):
        raise NotOffered(
            "key-turned-away",
            N_(
                "{key} opens nothing here: {why}.",
                key=verdict.about.partition(" ")[0],
                why=_WHY.get(verdict.id, _ELSE),
            ),
            N_("Come by another key, or have a tanadmin look at the audit and at the keys of this user."),
        )
    return verdict


def note_refusal(appliance: Appliance, user: str, key: str, address: str, error: TanosError) -> None:
    """Write down that a console or files that serve themselves let somebody not in. Raises Damaged `store-failed`."""
    actor = Actor(inert(user)[:64], UserRole.TANUSER, "door", address=address, key=shown_key(key))
    appliance.store.refused(Call(appliance, actor, "sign-in"), str(error.message), error.id)


def shown_key(key: str) -> str:
    """Return the fingerprint of a key in base64, as the audit has it; empty where there is none."""
    return fingerprint_of(_blob(key)) if key else ""


def _blob(key: str) -> bytes:
    try:
        return base64.b64decode(key, validate=True)
    except binascii.Error:
        return b""
