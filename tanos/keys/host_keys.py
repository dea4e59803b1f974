"""The public halves of the keys by which an appliance proves itself to those who connect.

Invariant: nothing here reads a private key; these lines are what everybody else pins and compares.
"""

from pathlib import Path

from tanos.appliance import Appliance
from tanos.keys.public_key import SshPublicKey, read_line

HOST_KEYS = ("ssh_host_ed25519_key", "ssh_host_rsa_key")
"""File names of the private keys, the preferred first."""
HOST_KINDS = ("ed25519", "rsa")


def host_public_keys(appliance: Appliance) -> list[SshPublicKey]:
    """Return the public halves of the keys that are shown to who connects, the preferred first."""
    from tanos.keeper import keeper_of  # which knows this module's file names
    from tanos.keys.host_rotation import next_keys

    used = {each.kind: each.line for each in next_keys(appliance) if each.in_use}
    lines = keeper_of(appliance).host_lines()
    return [read_line(used.get(host_key_kind(line), line)) for line in lines]


def host_key_kind(line: str) -> str:
    """Return `ed25519` or `rsa`: what a host key is called here, from its public line."""
    return line.partition(" ")[0].removeprefix("ssh-")


def host_key_file(kind: str) -> str:
    """Return the file name of the private key. Raises KeyError where there is no such kind."""
    return dict(zip(HOST_KINDS, HOST_KEYS, strict=True))[kind]


def host_fingerprints(appliance: Appliance) -> dict[str, str]:
    """Return type and `SHA256:…` of every host key: clients differ in which one they show."""
    return {key.type: key.fingerprint for key in host_public_keys(appliance)}


def public_file(private: Path) -> Path:
    """Return where the public half of a private key file lies."""
    return private.with_name(private.name + ".pub")
