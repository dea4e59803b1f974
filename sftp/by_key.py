"""Which key may sign in.

Invariant: a key counts as used only once its signature was verified; SHA-1 signatures verify nothing.
"""

import asyncssh

from tanos.appliance import Appliance
from tanos.keys.authorized import is_authorized


def admitted(appliance: Appliance, username: str, key: asyncssh.SSHKey) -> str | None:
    """Return the fingerprint of a key that may sign in as `username`, else None."""
    key.all_sig_algorithms = {name for name in key.all_sig_algorithms if name != b"ssh-rsa"}
    return is_authorized(appliance, username, key.algorithm.decode("ascii"), key.public_data)
