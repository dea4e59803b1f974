"""The public halves of the keys by which an appliance proves itself to those who connect.

Invariant: nothing here reads a private key; these lines are what everybody else pins and compares.
"""

from pathlib import Path

from tanos.appliance import Appliance
from tanos.keys.public_key import SshPublicKey, read_line

HOST_KEYS = ("ssh_host_ed25519_key", "ssh_host_rsa_key")
"""File names of the private keys, the preferred first."""


def host_public_keys(appliance: Appliance) -> list[SshPublicKey]:
    """Return the public halves that are here, the preferred first."""
    from tanos.keeper import keeper_of  # which knows this module's file names

    return [read_line(line) for line in keeper_of(appliance).host_lines()]


def host_fingerprints(appliance: Appliance) -> dict[str, str]:
    """Return type and `SHA256:…` of every host key: clients differ in which one they show."""
    return {key.type: key.fingerprint for key in host_public_keys(appliance)}


def public_file(private: Path) -> Path:
    """Return where the public half of a private key file lies."""
    return private.with_name(private.name + ".pub")
