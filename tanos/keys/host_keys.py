"""The keys by which an appliance proves itself to those who connect: Ed25519, and RSA 3072 for older clients.

Invariant: a host key that exists is never replaced, since everybody who pinned it would be turned away.
"""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from tanos.appliance import Appliance
from tanos.files import write_whole
from tanos.keys.key_file import SshPrivateKey, open_ssh_private, public_half
from tanos.keys.public_key import SshPublicKey, read_line

RSA_BITS = 3072
_FILES = ("ssh_host_ed25519_key", "ssh_host_rsa_key")


def make_host_keys(appliance: Appliance) -> None:
    """Make the host keys that are missing."""
    comment = f"root@{appliance.identity.name}"
    for path in host_key_files(appliance):
        if path.exists():
            continue
        made = _new_key(path.name)
        public = public_half(made, comment)
        write_whole(path.with_name(path.name + ".pub"), public.line.encode() + b"\n", 0o644)
        write_whole(path, open_ssh_private(made).reveal())


def host_key_files(appliance: Appliance) -> list[Path]:
    """Return the private host keys, the preferred first."""
    return [appliance.ssh / name for name in _FILES]


def host_public_keys(appliance: Appliance) -> list[SshPublicKey]:
    """Return the public halves that are here, the preferred first."""
    files = [path.with_name(path.name + ".pub") for path in host_key_files(appliance)]
    return [read_line(file.read_text()) for file in files if file.exists()]


def host_fingerprints(appliance: Appliance) -> dict[str, str]:
    """Return type and `SHA256:…` of every host key: clients differ in which one they show."""
    return {key.type: key.fingerprint for key in host_public_keys(appliance)}


def _new_key(name: str) -> SshPrivateKey:
    if "rsa" in name:
        return rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    return ed25519.Ed25519PrivateKey.generate()
