"""Six digits that are the same on both screens only where nobody stands between the two servers.

Invariants: each side binds itself to a random number (by a commitment over it and both root keys) before it sees the
other's, and shows its own only to who is bound. So whoever stands between cannot choose his keys until the digits
fit: he guesses once for each root key that he shows, one in a million.
"""

import hashlib
import os

NONCE_BYTES = 16
_COMMITMENT, _CODE = b"tanos trust commitment 1\n", b"tanos trust code 1\n"
_DIGITS = 6


def new_nonce() -> str:
    """Return a random number, hexadecimal."""
    return os.urandom(NONCE_BYTES).hex()


def commitment(nonce: str, own_key: str, other_key: str) -> str:
    """Return what binds a server with the root `own_key` to a number, towards the one with the root `other_key`."""
    return hashlib.sha256(_COMMITMENT + "\n".join((nonce, own_key, other_key)).encode()).hexdigest()


def six_digits(*sides: tuple[str, str]) -> str:
    """Return the digits of two sides, a root key's fingerprint and a number each, in any order."""
    said = "\n".join(f"{key} {nonce}" for key, nonce in sorted(sides)).encode()
    number = int.from_bytes(hashlib.sha256(_CODE + said).digest())
    return f"{number % 10**_DIGITS:0{_DIGITS}}"


def is_code(text: str) -> bool:
    """Say whether that is written as such digits are."""
    digits = plain_digits(text)
    return len(digits) == _DIGITS and digits.isascii() and digits.isdecimal()


def plain_digits(text: str) -> str:
    """Return what was typed without what only parts it."""
    return text.replace(" ", "").replace("-", "")
