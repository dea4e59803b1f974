"""`tanos sftp-server HOME`: the drop box for another SSH server, named and spoken to like OpenSSH's `sftp-server`.

Invariant: who is served is a user of the appliance whose role is file transfer; the key that sshd let in, where it
says which (`ExposeAuthInfo yes`), is in the audit, and is whose broken uploads can be gone on with.
"""

import base64
import binascii
import os
from pathlib import Path

from sftp.files.requests import NAMES, Requests
from sftp.files.stdio import serve_standard_streams
from sftp.guest import Guest
from tanos.appliance import Appliance
from tanos.errors import NotOffered, WrongUse
from tanos.inert import inert
from tanos.keys.public_key import fingerprint_of
from tanos.message import N_
from tanos.platform import UserRole
from tanos.users.accounts import user as user_of

_LARGEST = 64 * 1024


def serve_files(home: Path, user: str, allowed: str, denied: str, *, read_only: bool) -> int:
    """Serve until the client is gone; return the exit status.

    Raises WrongUse `wrong-use`, NotOffered `not-offered`, Damaged `no-home` or `store-failed`.
    """
    requests = Requests(_names(allowed) or frozenset(NAMES), _names(denied), read_only)
    appliance = Appliance.open(home)
    account = user_of(appliance, user)
    appliance.store.close()
    if account is None or account.disabled or account.role is not UserRole.TANCOPY:
        raise NotOffered(
            "not-offered",
            N_("{user} has no files here: files are exchanged as the user tancopy.", user=inert(user)),
            N_("Sign in as tancopy for them."),
        )
    address = os.environ.get("SSH_CONNECTION", "").partition(" ")[0]
    guest = Guest(
        Appliance.open(home), account.name, account.role, inert(address), _key(), f"sftp-server-{os.getpid()}"
    )
    return serve_standard_streams(guest, requests)


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


def _key() -> str:
    """Return the fingerprint of the key that sshd let in; empty where it does not say."""
    try:
        with Path(os.environ.get("SSH_USER_AUTH", "")).open("rb") as file:
            told = file.read(_LARGEST).decode(errors="replace")
        words = next(line.split() for line in told.splitlines() if line.startswith("publickey "))
        return fingerprint_of(base64.b64decode(words[2], validate=True))
    except (OSError, StopIteration, IndexError, binascii.Error):
        return ""
