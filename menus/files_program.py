"""`tanos sftp-server HOME`: the drop box for another SSH server, named and spoken to like OpenSSH's `sftp-server`.

Invariant: who is served is a user of the appliance whose role is file transfer; the key that sshd let in, where it
says which (`ExposeAuthInfo yes`), is in the audit, is whose broken uploads can be gone on with, and keeps the limits
that it has here.
"""

import os
from pathlib import Path

from sftp.admission import let_in_by, note_refusal
from sftp.files.requests import NAMES, Requests
from sftp.files.stdio import serve_standard_streams
from sftp.guest import NOT_BY_PASSWORD, Guest
from sftp.handing import key_let_in
from sftp.refusals import no_files
from tanos.appliance import Appliance
from tanos.errors import TanosError, WrongUse
from tanos.inert import inert
from tanos.message import N_
from tanos.platform import UserRole
from tanos.users.accounts import User
from tanos.users.accounts import user as user_of


def serve_files(home: Path, user: str, allowed: str, denied: str, *, read_only: bool) -> int:
    """Serve until the client is gone; return the exit status.

    Raises WrongUse `wrong-use`, NotOffered `not-offered`, `key-turned-away`, Damaged `no-home` or `store-failed`.
    """
    requests = Requests(_names(allowed) or frozenset(NAMES), _names(denied), read_only)
    guest = _guest(home, user, inert(os.environ.get("SSH_CONNECTION", "").partition(" ")[0]), key_let_in())
    return serve_standard_streams(guest, requests)


def _guest(home: Path, user: str, address: str, key: str) -> Guest:
    """Return who is served, with no store open. Raises NotOffered `not-offered`, `key-turned-away`; both recorded."""
    appliance = Appliance.open(home)
    try:
        account = _served(appliance, user)
        let_in = let_in_by(appliance, account.name, key, address)
    except TanosError as error:
        note_refusal(appliance, user, key, address, error)
        raise
    finally:
        appliance.store.close()
    return Guest(
        Appliance.open(home),
        account.name,
        account.role,
        address,
        let_in.came_by.key if let_in else "",
        f"sftp-server-{os.getpid()}",
        direction=let_in.direction if let_in else "",
        standing=(account.created_at, NOT_BY_PASSWORD),
        came_by=let_in.came_by if let_in else None,
    )


def _served(appliance: Appliance, user: str) -> User:
    account = user_of(appliance, user)
    if account is None or account.disabled or account.role is not UserRole.TANCOPY:
        raise no_files(inert(user))
    return account


def _names(listed: str) -> frozenset[str]:
    names = frozenset(name.strip() for name in listed.split(",") if name.strip())
    unknown = sorted(names - set(NAMES))
    if unknown:
        raise WrongUse(
            "wrong-use",
            N_("{name} is no request of SFTP.", name=inert(unknown[0])),
            N_("The requests are {names}.", names=", ".join(NAMES)),
        )
    return names
