"""By what a public key is found in a list of known keys: digests in the forms in which such lists are published.

Invariant: the marks follow from the numbers of a key alone, not from how it was written, so that a key is the same
one in a request, a certificate and a line of authorized_keys. Who has one private key of an RSA modulus has all.
"""

import hashlib
from base64 import b64encode
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

NUMBER_BYTES, DEBIAN_BYTES = 15, 10


class Marks(NamedTuple):
    """What stands in a list where a key is known."""

    number: bytes
    """Of badkeys: SHA-256 over modulus, x of the point or key of EdDSA, without leading zeros; its first 120 bits."""
    debian: tuple[bytes, ...] = ()
    """Of openssl-blacklist (SHA-1 of what `openssl rsa -modulus` prints) and openssh-blacklist (MD5 of the SSH key):
    the last 80 bits."""


def marks_of(key: PublicKeyTypes) -> Marks | None:
    """Return the marks of a key; None for one of a kind that is taken nowhere."""
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        return rsa_marks(numbers.n, numbers.e)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return number_marks(key.public_numbers().x)
    if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        return number_marks(int.from_bytes(key.public_bytes_raw()))
    return None


def rsa_marks(modulus: int, exponent: int) -> Marks:
    """Return the marks of an RSA key."""
    shown = f"Modulus={modulus:X}\n".encode()
    wire = b"".join(map(_string, (b"ssh-rsa", _positive(exponent), _positive(modulus))))
    debian = hashlib.sha1(shown, usedforsecurity=False), hashlib.md5(wire, usedforsecurity=False)
    return Marks(number_marks(modulus).number, tuple(each.digest()[-DEBIAN_BYTES:] for each in debian))


def number_marks(number: int) -> Marks:
    """Return the marks of a key that one number tells: x of a point, a key of EdDSA."""
    whole = number.to_bytes((number.bit_length() + 7) // 8)
    return Marks(hashlib.sha256(whole).digest()[:NUMBER_BYTES])


def name_of(marks: Marks) -> str:
    """Return the mark as the table of shipped keys has it."""
    return b64encode(marks.number).decode()


def _positive(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1)


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4) + data
