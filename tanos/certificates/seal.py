"""What seals private roots: a key that scrypt makes of a password, and AES-256-GCM under that key.

Invariants: a password is kept nowhere, and its key never in what it seals; whoever has what is sealed can try a
password at the price of one scrypt, which the form fixes, so that no file can ask for more. Each sealing has its own
nonce, and says what it is of, so that none is taken for another.
"""

import hmac
import os
import unicodedata
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from tanos.certificates.root_names import SALT_BYTES

MOST_PASSWORD = 1024
"""Bytes."""
_KEY_BYTES, _CHECK_BYTES, _NONCE_BYTES = 32, 16, 12
_COST = {"n": 2**16, "r": 8, "p": 1}
"""64 MiB, about a fifth of a second."""
_SALT, _CHECK, _NONCE, _SEALED = "salt", "check", "nonce", "sealed"


@dataclass(frozen=True)
class Seal:
    """The key of one password and salt."""

    salt: bytes
    key: bytes = field(repr=False)
    check: bytes
    """What a password is known by."""

    @classmethod
    def of(cls, password: bytes, salt: bytes) -> "Seal":
        """Return the one that a password makes; takes a while. Raises ValueError for a salt that is none."""
        if len(salt) != SALT_BYTES or not 1 <= len(password) <= MOST_PASSWORD:
            raise ValueError("no seal")
        made = Scrypt(salt=salt, length=_KEY_BYTES + _CHECK_BYTES, **_COST).derive(_one_spelling(password))
        return cls(salt, made[:_KEY_BYTES], made[_KEY_BYTES:])

    def is_of(self, password: bytes) -> bool:
        """Say whether that password makes it; takes a while."""
        if not 1 <= len(password) <= MOST_PASSWORD:
            return False
        return hmac.compare_digest(Seal.of(password, self.salt).check, self.check)

    def close(self, data: bytes, about: bytes) -> dict[str, str]:
        """Return `data` sealed, as plain text; `about` says of what kind it is."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = AESGCM(self.key).encrypt(nonce, data, about)
        return {_SALT: self.salt.hex(), _CHECK: self.check.hex(), _NONCE: nonce.hex(),
                _SEALED: b64encode(sealed).decode()}  # fmt: skip

    def open(self, closed: Mapping[str, Any], about: bytes) -> bytes:
        """Return what was sealed. Raises ValueError, KeyError, TypeError where it is damaged, or of another kind."""
        nonce, sealed = bytes.fromhex(closed[_NONCE]), b64decode(closed[_SEALED], validate=True)
        try:
            return AESGCM(self.key).decrypt(nonce, sealed, about)
        except InvalidTag as error:
            raise ValueError("damaged") from error


def salt_of(closed: Mapping[str, Any]) -> bytes:
    """Return by which salt something was sealed. Raises ValueError, KeyError, TypeError."""
    return bytes.fromhex(closed[_SALT])


def seal_for(closed: Mapping[str, Any], password: bytes) -> Seal | None:
    """Return what opens it, None where that is not its password. Raises ValueError, KeyError, TypeError."""
    seal = Seal.of(password, salt_of(closed))
    return seal if hmac.compare_digest(seal.check, bytes.fromhex(closed[_CHECK])) else None


def _one_spelling(password: bytes) -> bytes:
    """Return one spelling of it: keyboards differ in how they write an accented letter."""
    try:
        return unicodedata.normalize("NFC", password.decode()).encode()
    except UnicodeDecodeError:
        return password
