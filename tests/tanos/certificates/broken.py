"""RSA keys of 2048 bits that look right and are broken, each in one way; no prime is needed to say so."""

from itertools import count
from math import gcd, isqrt, prod

from cryptography.hazmat.primitives.asymmetric import rsa

_PRIMES = [number for number in range(2, 2000) if all(number % below for below in range(2, isqrt(number) + 1))]
_SMALL = prod(_PRIMES)
_CHIP = prod(prime for prime in _PRIMES if prime <= 167)


def _close() -> int:
    middle = isqrt(1 << 2047) | 1
    return next(low * (low + 2) for low in count(middle, 2) if gcd(low * (low + 2), _SMALL) == 1)


def _roca() -> int:
    numbers = (number * _CHIP + pow(65537, 12345, _CHIP) for number in count((1 << 2047) // _CHIP + 1))
    return next(number for number in numbers if gcd(number, _SMALL) == 1)


def _sound(near: int) -> int:
    return next(number for number in count(near | 1, 2) if gcd(number, _SMALL) == 1 and number % 11 not in {1, 10})


CLOSE, ROCA = _close(), _roca()
UNBROKEN = _sound((1 << 2047) + (1 << 2000))
"""Of which nothing cheap can be said."""
BROKEN = {
    "close primes": (CLOSE, 65537),
    "ROCA": (ROCA, 65537),
    "a small factor": (3 * (2**2046 + 1), 65537),
    "exponent 3": (UNBROKEN, 3),
    "exponent 1": (UNBROKEN, 1),
}


def public_key(name: str) -> rsa.RSAPublicKey:
    """Return one of the broken keys that the library loads."""
    modulus, exponent = BROKEN[name]
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()
