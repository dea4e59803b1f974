"""A user's own key pair, by which the appliance signs in to its peers on his behalf.

Invariant: the private file (0600, OpenSSH format) is replaced by one rename and is the only truth; the public
line is computed from it, and the `.pub` beside it is a copy for people that nothing here reads.
"""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tanos.appliance import Appliance
from tanos.errors import AnswerRefused, NotYet
from tanos.files import one_component, read_plain, write_whole
from tanos.keys.key_file import load_private, open_ssh_private, public_half
from tanos.message import N_
from tanos.secret import Secret

MOST_BYTES = 16 * 1024


def make_pair(appliance: Appliance, user: str) -> str:
    """Make a new Ed25519 pair for `user` in place of an earlier one; return its public line."""
    path = _path(appliance, user)
    made = Ed25519PrivateKey.generate()
    line = public_half(made, _comment(appliance, user)).line
    write_whole(path, open_ssh_private(made).reveal())
    write_whole(path.with_name(path.name + ".pub"), line.encode() + b"\n", 0o644)
    return line


def public_line(appliance: Appliance, user: str) -> str | None:
    """Return `type base64 user@appliance`, or None where there is no pair. Raises Damaged `damaged-key`."""
    secret = _read(appliance, user)
    if secret is None:
        return None
    return public_half(load_private(secret, _path(appliance, user).name), _comment(appliance, user)).line


def private_key(appliance: Appliance, user: str) -> Secret:
    """Return the private key (OpenSSH PEM); raise NotYet `step-missing` where there is no pair."""
    secret = _read(appliance, user)
    if secret is None:
        raise no_pair(user)
    return secret


def no_pair(user: str) -> NotYet:
    """Return the refusal of something that needs a pair."""
    return NotYet(
        "step-missing",
        N_("{user} has no SSH key pair yet.", user=user),
        N_("Generate one: C-3, the line of {user}, 1; or `tanos ssh-keys generate {user}`.", user=user),
    )


def _read(appliance: Appliance, user: str) -> Secret | None:
    try:
        return Secret(read_plain(_path(appliance, user), MOST_BYTES))
    except AnswerRefused as refused:
        if refused.id == "missing-file":
            return None
        raise


def _path(appliance: Appliance, user: str) -> Path:
    return appliance.ssh / f"{one_component(user)}_ed25519"


def _comment(appliance: Appliance, user: str) -> str:
    return f"{user}@{appliance.identity.name}"
