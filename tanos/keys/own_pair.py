"""A user's own key pair, by which the appliance signs in to its peers on his behalf.

Invariant: the private file (0600, OpenSSH format) is replaced by one rename and is the only truth; the public
line is computed from it, and the `.pub` beside it is a copy for people that nothing here reads.
"""

from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tanos import deeds
from tanos.appliance import Appliance
from tanos.errors import AnswerRefused, NotYet
from tanos.files import one_component, read_plain, sync_directory, write_whole
from tanos.keys.key_file import SshPrivateKey, load_private, open_ssh_private, public_half, ssh_signature
from tanos.keys.sign_in_data import check_sign_in
from tanos.message import N_
from tanos.secret import Secret

MOST_BYTES = 16 * 1024


@dataclass(frozen=True)
class NewPair:
    """A pair that is made and not yet kept anywhere."""

    line: str
    """The public half: `type base64 user@appliance`."""
    private: Secret


def new_pair(appliance: Appliance, user: str) -> NewPair:
    """Make a new Ed25519 pair for `user`; write nothing. Raises AnswerRefused `bad-name`."""
    _path(appliance, user)
    made = Ed25519PrivateKey.generate()
    return NewPair(public_half(made, _comment(appliance, user)).line, open_ssh_private(made))


def keep_pair(appliance: Appliance, user: str, pair: NewPair) -> None:
    """Put a pair in the place of an earlier one. Raises OSError; then the earlier one holds."""
    path = _path(appliance, user)
    write_whole(path, pair.private.reveal())
    write_whole(path.with_name(path.name + ".pub"), pair.line.encode() + b"\n", 0o644)


def forget_pair(appliance: Appliance, user: str) -> None:
    """Remove the pair of `user`, if there is one. Raises OSError."""
    path = _path(appliance, user)
    for each in (path, path.with_name(path.name + ".pub")):
        each.unlink(missing_ok=True)
    sync_directory(path.parent)


def public_line(appliance: Appliance, user: str) -> str:
    """Return `type base64 user@appliance`. Raises NotYet `step-missing`, Damaged `damaged-key`."""
    return public_half(_open(appliance, user), _comment(appliance, user)).line


def signature(appliance: Appliance, user: str, algorithm: str, data: bytes) -> bytes:
    """Return the SSH signature of `data`, by which `user` signs in as tancopy, by the key of `user`.

    Raises NotYet `step-missing`, Damaged `damaged-key`, ValueError for an algorithm that is not the key's, and for
    what is no sign-in.
    """
    key = _open(appliance, user)
    check_sign_in(data, algorithm, public_half(key, user).blob)
    return ssh_signature(key, algorithm, data)


def _no_pair(user: str) -> NotYet:
    return NotYet(
        "step-missing",
        N_("{user} has no SSH key pair yet.", user=user),
        N_("{generate} comes first.", generate=deeds.GENERATE_KEY.of(user)),
    )


def _open(appliance: Appliance, user: str) -> SshPrivateKey:
    path = _path(appliance, user)
    try:
        return load_private(Secret(read_plain(path, MOST_BYTES)), path.name)
    except AnswerRefused as refused:
        if refused.id == "missing-file":
            raise _no_pair(user) from None
        raise


def _path(appliance: Appliance, user: str) -> Path:
    return appliance.ssh / f"{one_component(user)}_ed25519"


def _comment(appliance: Appliance, user: str) -> str:
    return f"{user}@{appliance.identity.name}"
