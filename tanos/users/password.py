"""Passwords of the console: kept as Argon2id, checked in the same time for everybody.

Invariant: whether a user exists, is disabled or has no password can be told neither by the answer nor by the time it
takes: each check costs one hash. Cost: 19 MiB, two passes, one lane (the least of OWASP's equal choices, about 40 ms
here), so that a few sign-ins at once cannot starve a small appliance of memory.
"""

import unicodedata

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from tanos.appliance import Appliance
from tanos.platform import UserRole
from tanos.secret import Secret

MOST_BYTES = 1024
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)
NOBODY = f"$argon2id$v=19$m={_HASHER.memory_cost},t={_HASHER.time_cost},p=1${'A' * 22}${'A' * 43}"
"""Well-formed, of the same cost, and the hash of no password."""


def hash_password(password: Secret) -> str:
    """Return the Argon2id hash as it is stored."""
    return _HASHER.hash(_normal(password))


def check_password(appliance: Appliance, user: str, password: Secret) -> bool:
    """Say whether `user` may sign in with that password. Blocks for about 40 ms: call it in a thread."""
    row = appliance.store.row("SELECT role, password_hash, disabled FROM users WHERE name = ?", user)
    may = row is not None and not row["disabled"] and row["role"] != UserRole.TANCOPY and row["password_hash"]
    stored = row["password_hash"] if row is not None and may else NOBODY
    return bool(matches(password, stored) and may and len(password.reveal()) <= MOST_BYTES)


def matches(password: Secret, stored: str) -> bool:
    """Say whether a password is the one of which `stored` is the hash. Blocks as `check_password` does."""
    try:
        return _HASHER.verify(stored, _normal(password)[: MOST_BYTES + 1])
    except (VerificationError, InvalidHashError):
        return False


def _normal(password: Secret) -> bytes:
    """Return one spelling of it: keyboards differ in how they write an accented letter."""
    raw = password.reveal()
    try:
        return unicodedata.normalize("NFC", raw.decode()).encode()
    except UnicodeDecodeError:
        return raw
