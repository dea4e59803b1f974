"""Host keys as servers show them: which types we take, and what we keep of one.

Invariant: nothing here trusts or stores a key.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncssh

ALGORITHMS = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa-sha2-nistp256": ("ecdsa-sha2-nistp256",),
    "ecdsa-sha2-nistp384": ("ecdsa-sha2-nistp384",),
    "ecdsa-sha2-nistp521": ("ecdsa-sha2-nistp521",),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256"),
}
"""Host key types in order of preference, and the signatures that we take from each."""


@dataclass(frozen=True)
class HostKey:
    """One host key that a server showed."""

    type: str
    fingerprint: str
    """`SHA256:…`"""
    line: str
    """`type base64`"""


def host_key_of(key: "asyncssh.SSHKey") -> HostKey:
    """Return what we keep of a key that a server showed."""
    words = key.export_public_key("openssh").decode().split()
    return HostKey(words[0], key.get_fingerprint("sha256"), f"{words[0]} {words[1]}")
