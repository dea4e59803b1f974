"""Who may have a console here that another SSH server let in.

Invariant: a user of the appliance who is not disabled and is not for files; nobody else is told more than that.
"""

from tanos.appliance import Appliance
from tanos.errors import NotOffered
from tanos.inert import inert
from tanos.message import N_
from tanos.platform import UserRole
from tanos.users.accounts import User, user


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
