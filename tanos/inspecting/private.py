"""Which private key a block or DER is, said by its public half alone.

Invariant: what is returned holds nothing private, and neither does any refusal.
"""

from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    SSHPrivateKeyTypes,
    load_der_private_key,
    load_pem_private_key,
    load_ssh_private_key,
)

from tanos.certificates.private_key import key_unreadable
from tanos.certificates.request_shape import UNREADABLE
from tanos.certificates.rounds import MOST_ROUNDS, rounds_asked, too_many_rounds
from tanos.finding import refuse
from tanos.inspecting.found import Found, What
from tanos.keys.public_key import read_line
from tanos.message import N_
from tanos.pasting.armour import Block
from tanos.secret import Secret
from tanos.ssh_wire import BadBlob, Reader

_OPENSSH = "OPENSSH PRIVATE KEY"
_MAGIC = b"openssh-key-v1\0"
MOST_SSH_ROUNDS = 1000
"""Of bcrypt, each some hundredth of a second; ssh-keygen takes 24 unless it is told otherwise."""


def is_key_label(label: str) -> bool:
    """Say whether a block says of itself that it is a private key."""
    return label.endswith("PRIVATE KEY")


def pem_key(pem: str, block: Block, passphrase: Secret | None) -> Found | None:
    """Return the key in a block of OpenSSH, or of an old form with headers; None for any other, which is DER."""
    if block.label == _OPENSSH:
        return _ssh_key(pem.encode(), passphrase)
    if "Proc-Type:" in block.body:
        return _loaded(lambda word: load_pem_private_key(pem.encode(), word), passphrase)
    return None


def der_key(der: bytes, passphrase: Secret | None) -> Found:
    """Return the key that some DER is; what would take minutes to open is not opened."""
    if (rounds_asked(der) or 0) > MOST_ROUNDS:
        return Found(What.LOCKED_KEY, findings=(too_many_rounds(),), is_broken=True)
    return _loaded(lambda word: load_der_private_key(der, word), passphrase)


def _loaded(load: Callable[[bytes | None], PrivateKeyTypes], passphrase: Secret | None) -> Found:
    try:
        return Found(What.PRIVATE_KEY, public_key=load(None).public_key())
    except TypeError:
        pass
    except UNREADABLE:
        return _unreadable(What.PRIVATE_KEY)
    try:
        key = load(passphrase.reveal()) if passphrase else None
    except UNREADABLE:
        return _locked(What.LOCKED_KEY)
    return Found(What.LOCKED_KEY, public_key=key.public_key() if key else None)


def _ssh_key(pem: bytes, passphrase: Secret | None) -> Found:
    found = Found(What.SSH_PRIVATE_KEY, label=_OPENSSH)
    if passphrase and _ssh_rounds(pem) > MOST_SSH_ROUNDS:
        return replace(found, findings=(too_many_rounds(MOST_SSH_ROUNDS),), is_broken=True)
    try:
        key = load_ssh_private_key(pem, passphrase.reveal() if passphrase else None)
    except TypeError:
        return found
    except UNREADABLE:
        return _locked(What.SSH_PRIVATE_KEY) if passphrase else _unreadable(What.SSH_PRIVATE_KEY)
    return replace(found, ssh_fingerprint=_fingerprint(key))


def _ssh_rounds(pem: bytes) -> int:
    """Return how many rounds of its passphrase a key asks for; 0 where that cannot be read, and nothing opens it."""
    try:
        reader = Reader(b64decode(b"".join(pem.split(b"-----")[2].split())).removeprefix(_MAGIC))
        _cipher, _derivation, options = (Reader(reader.string()) for _ in range(3))
        options.string()
        return options.number(4)
    except (BadBlob, ValueError, IndexError):
        return 0


def _fingerprint(key: SSHPrivateKeyTypes) -> str:
    line = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return read_line(line.decode()).fingerprint


def _unreadable(what: What) -> Found:
    return Found(what, findings=(key_unreadable(),), is_broken=True)


def _locked(what: What) -> Found:
    finding = refuse(
        "wrong-passphrase",
        N_("The key does not open: it is damaged, or has another passphrase."),
        N_("Give the passphrase that it was saved with."),
    )
    return Found(what, findings=(finding,), is_broken=True)
