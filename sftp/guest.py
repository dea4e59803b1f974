"""Who came through the front door: decided once, at sign-in."""

from dataclasses import dataclass, replace

from tanos.actor import Actor, Call
from tanos.appliance import Appliance
from tanos.keys.standing import CameBy
from tanos.message import N_, Message
from tanos.platform import UserRole
from tanos.users.accounts import User

NOT_BY_PASSWORD = -1
"""In place of an epoch: another server let the guest in, and no password of ours."""


@dataclass(frozen=True)
class Guest:
    """One signed-in connection."""

    appliance: Appliance
    user: str
    role: UserRole
    address: str
    key: str
    """`SHA256:…`; empty for a password."""
    session: str
    came_after: int = -1
    """The newest change on trial when the connection began; -1 where that could not be read."""

    direction: str = ""
    """The one directory of the drop box that the key is for, or empty."""
    may_have_terminal: bool = True
    standing: tuple[str, int] = ("", 0)
    """When the account was made, and the epoch of the password that opened this, if one did."""

    came_by: CameBy | None = None
    """The key or certificate, where one opened this here."""

    def call(self, verb: str, face: str = "door") -> Call:
        """Return what an audit record of the door needs."""
        actor = Actor(self.user, self.role, face, self.session, self.address, self.key, self.came_after)
        return Call(self.appliance, actor, verb)

    def channel(self, number: int) -> "Guest":
        """Return the same guest in the connection's channel of that number."""
        return replace(self, session=f"{self.session}.{number}")


def why_gone(guest: Guest, account: User | None) -> Message | None:
    """Return why a guest may no longer be here; None where he may."""
    made_at, epoch = guest.standing
    if account is None or account.created_at != made_at:
        return N_("Signed out: the user {user} was deleted.", user=guest.user)
    if account.disabled:
        return N_("Signed out: the user {user} was disabled.", user=guest.user)
    if account.role is not guest.role:
        return N_("Signed out: the role of {user} was changed.", user=guest.user)
    if not guest.key and epoch not in {NOT_BY_PASSWORD, account.password_epoch}:
        return N_("Signed out: the password of {user} was changed.", user=guest.user)
    return None
