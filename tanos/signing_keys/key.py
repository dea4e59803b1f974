"""A public signing key: how it is read, what it must be, how it is told from another.

Invariant: only a whole public key that is not known to be weak becomes one; a private key is refused before anything
else is looked at. What it may be is what signs elsewhere here: RSA from 2048 bits, the three curves, Ed25519.
"""

import hashlib
from dataclasses import dataclass, replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from tanos.certificates.check_code import check_code, spki_of
from tanos.certificates.key_strength import examine_key, key_words
from tanos.certificates.request_shape import UNREADABLE
from tanos.der import whole_length
from tanos.errors import AnswerRefused
from tanos.finding import Finding, refuse
from tanos.inert import inert
from tanos.known_keys.judging import examine_known
from tanos.message import N_, Message
from tanos.pasting.armour import Block, find_blocks
from tanos.pasting.body import decode
from tanos.pasting.exposed import bare_private_key, exposed, labelled_private_key
from tanos.pasting.first_bytes import is_private_key
from tanos.pasting.repairs import Repairs
from tanos.pasting.text import PASTE_LIMIT, decode_text, too_large

LABEL = "PUBLIC KEY"
_LABELS = (LABEL, "RSA PUBLIC KEY")


@dataclass(frozen=True)
class PublicKey:
    """A key, and what had to be mended to read it."""

    key: PublicKeyTypes
    repairs: tuple[Message, ...] = ()

    @property
    def check_code(self) -> str:
        """What both who gives it and who takes it compare."""
        return check_code(self.key)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the DER SubjectPublicKeyInfo, hex with colons."""
        return hashlib.sha256(spki_of(self.key)).digest().hex(":").upper()

    @property
    def kind(self) -> str:
        """`EC P-256`, `RSA 3072`."""
        return key_words(self.key)

    @property
    def pem(self) -> str:
        """As it is stored."""
        return self.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def as_data(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "check_code": self.check_code, "fingerprint": self.fingerprint, "type": self.kind, "public_key": self.pem,
        }  # fmt: skip

    def findings(self) -> tuple[Finding, ...]:
        """Return `key-type`, `weak-key`, `broken-key` and `known-key` findings."""
        found = examine_known(self.key) if isinstance(self.key, Ed25519PublicKey) else examine_key(self.key)
        remedy = N_("Have the content signed by another key: RSA from 2048 bits, P-256, P-384, P-521 or Ed25519.")
        return tuple(replace(finding, remedy=remedy) for finding in found)


def read_public_key(raw: bytes) -> PublicKey:
    """Read a key, PEM or DER, pasted or from a file.

    Raises AnswerRefused `private-key`, `too-large`, `wrong-block`, `two-keys`, `not-a-key`, and what damaged text is.
    """
    if labelled_private_key(raw) or is_private_key(raw):
        raise exposed()
    if len(raw) > PASTE_LIMIT:
        raise too_large()
    if whole_length(raw) == len(raw):
        return PublicKey(_loaded(raw))
    repairs = Repairs()
    text, mended = decode_text(raw)
    if bare_private_key(text) or labelled_private_key(text.encode()):
        raise exposed()
    for repair in mended:
        repairs.add(repair)
    keys = dict.fromkeys(_der_of(block, repairs) for block in find_blocks(text, LABEL, repairs))
    if len(keys) > 1:
        raise AnswerRefused("two-keys", N_("There are several keys in it."), N_("Give one at a time."))
    return PublicKey(_loaded(next(iter(keys))), repairs.told())


def _der_of(block: Block, repairs: Repairs) -> bytes:
    if block.label not in _LABELS:
        raise AnswerRefused.because(
            refuse(
                "wrong-block",
                N_("This is a block of another kind: {label}.", label=inert(block.label)),
                N_("Give the public key alone; `openssl x509 -pubkey -noout` takes it out of a certificate."),
            )
        )
    return decode(block, repairs)


def _loaded(der: bytes) -> PublicKeyTypes:
    try:
        key = load_der_public_key(der)
        spki_of(key)
    except UNREADABLE as error:
        raise AnswerRefused.because(
            refuse(
                "not-a-key",
                N_("What is inside cannot be read as a public key."),
                N_("It arrived damaged, or is something else: copy or send it again."),
            )
        ) from error
    return key
