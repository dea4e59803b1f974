"""Private keys in the form that every OpenSSH program reads.

Invariant: the private file is the only truth about a pair; its public half is always computed from it.
"""

from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_ssh_private_key,
)

from tanos import deeds
from tanos.errors import Damaged, NotToBeAsked
from tanos.keys.public_key import SshPublicKey, read_line
from tanos.message import N_
from tanos.secret import Secret
from tanos.ssh_wire import string

SshPrivateKey = ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
_RSA_HASHES = {"rsa-sha2-256": SHA256(), "rsa-sha2-512": SHA512()}


def open_ssh_private(key: SshPrivateKey) -> Secret:
    """Return the private key as an unencrypted OpenSSH file."""
    return Secret(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))


def public_half(key: SshPrivateKey, comment: str) -> SshPublicKey:
    """Return the public key, with a comment that says whose it is."""
    line = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    return read_line(f"{line} {comment}")


def ssh_signature(key: SshPrivateKey, algorithm: str, data: bytes) -> bytes:
    """Return the signature of `data` as SSH carries it (RFC 4253 §6.6, RFC 8332, RFC 8709).

    Raises NotToBeAsked for an algorithm that is not this key's; SHA-1 is nobody's.
    """
    if isinstance(key, rsa.RSAPrivateKey) and algorithm in _RSA_HASHES:
        signature = key.sign(data, padding.PKCS1v15(), _RSA_HASHES[algorithm])
    elif isinstance(key, ed25519.Ed25519PrivateKey) and algorithm == "ssh-ed25519":
        signature = key.sign(data)
    else:
        raise NotToBeAsked(algorithm)
    return string(algorithm.encode()) + string(signature)


def load_private(data: Secret, name: str) -> SshPrivateKey:
    """Read a private key of ours; raise Damaged `damaged-key` where it is none."""
    try:
        key = load_ssh_private_key(data.reveal(), password=None)
    except ValueError:
        key = None
    if not isinstance(key, ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey):
        raise Damaged(
            "damaged-key",
            N_("The private key {name} of this appliance cannot be read.", name=name),
            N_(
                "Generate a new pair ({generate:key}), and give its public key to the peers.",
                generate=deeds.GENERATE_KEY,
            ),
        )
    return key
