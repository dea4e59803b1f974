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
    files = [public_file(appliance.ssh / name) for name in HOST_KEYS]
    return [read_line(file.read_text()) for file in files if file.exists()]


def host_fingerprints(appliance: Appliance) -> dict[str, str]:
    """Return type and `SHA256:…` of every host key: clients differ in which one they show."""
    return {key.type: key.fingerprint for key in host_public_keys(appliance)}


def public_file(private: Path) -> Path:
    """Return where the public half of a private key file lies."""
    return private.with_name(private.name + ".pub")
