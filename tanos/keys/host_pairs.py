"""The private halves of the host keys: Ed25519, and RSA 3072 for older clients.

Invariants: a host key that exists is never replaced, since everybody who pinned it would be turned away. Each is
opened once, and leaves here only as a signature: of what has the form of an exchange hash (RFC 4253 §8), or of a
proof to one session that this key is here (OpenSSH's PROTOCOL §2.5).
"""

from functools import cached_property
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from tanos.appliance import Appliance
from tanos.errors import Damaged
from tanos.files import write_whole
from tanos.keys.host_keys import HOST_KEYS, public_file
from tanos.keys.key_file import SshPrivateKey, load_private, open_ssh_private, public_half, ssh_signature
from tanos.keys.public_key import SshPublicKey
from tanos.message import N_
from tanos.secret import Secret

RSA_BITS = 3072
PROOF = b"hostkeys-prove-00@openssh.com"
HASHES = frozenset({32, 48, 64})
"""Bytes of an exchange hash: SHA-256, SHA-384, SHA-512."""


class HostPairs:
    """The host keys of one appliance."""

    def __init__(self, appliance: Appliance) -> None:
        self._directory = appliance.ssh
        self._comment = f"root@{appliance.identity.name}"

    def make(self) -> None:
        """Make those that are missing. Raises OSError."""
        for name in HOST_KEYS:
            path = self._directory / name
            if path.exists():
                continue
            made = _new_key(name)
            write_whole(public_file(path), public_half(made, self._comment).line.encode() + b"\n", 0o644)
            write_whole(path, open_ssh_private(made).reveal())

    def public_keys(self) -> list[SshPublicKey]:
        """Return the public halves of those that can sign, the preferred first. Raises Damaged `damaged-key`."""
        return [public for public, _ in self._opened]

    def sign(self, fingerprint: str, algorithm: str, data: bytes) -> bytes:
        """Return the SSH signature by the key of that fingerprint.

        Raises Damaged `damaged-key`; KeyError where there is no such key, ValueError where it cannot sign that way.
        """
        if len(data) not in HASHES:
            raise ValueError("no exchange hash")
        for public, private in self._opened:
            if public.fingerprint == fingerprint:
                return ssh_signature(private, algorithm, data)
        raise KeyError(fingerprint)

    def prove(self, fingerprint: str, algorithm: str, session: bytes) -> bytes:
        """Return the SSH signature that proves the key of that fingerprint to a client who is signed in.

        What is signed names its purpose, the session and the key, so that it is no exchange hash and proves nothing
        elsewhere. Raises as `sign` does.
        """
        if len(session) not in HASHES:
            raise ValueError("no session")
        for public, private in self._opened:
            if public.fingerprint == fingerprint:
                signed = b"".join(len(part).to_bytes(4) + part for part in (PROOF, session, public.blob))
                return ssh_signature(private, algorithm, signed)
        raise KeyError(fingerprint)

    def lines(self) -> list[str]:
        """Return the lines that lie beside them for others to pin, of which none is opened."""
        files = [public_file(self._directory / name) for name in HOST_KEYS]
        return [file.read_text().strip() for file in files if file.exists()]

    @cached_property
    def _opened(self) -> list[tuple[SshPublicKey, SshPrivateKey]]:
        paths = [self._directory / name for name in HOST_KEYS]
        opened = [_open(path) for path in paths if path.exists()]
        return [(public_half(private, self._comment), private) for private in opened]


def _open(path: Path) -> SshPrivateKey:
    try:
        return load_private(Secret(path.read_bytes()), path.name)
    except (OSError, Damaged) as error:
        raise Damaged(
            "damaged-key",
            N_("The host key {name} of this appliance cannot be read.", name=path.name),
            N_("Restore it from a backup of this appliance."),
        ) from error


def _new_key(name: str) -> SshPrivateKey:
    if "rsa" in name:
        return rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    return ed25519.Ed25519PrivateKey.generate()
