"""What a public key must be wherever one enters: the right kind, long enough, not known broken; SSH keys of RSA, too.

Invariant: cheap checks of the modulus only, and none of one that is refused for its length; none of them can refuse a
key made at random by a sound generator. Keys that everybody has are refused by what they are (`tanos.known_keys`).
"""

from collections.abc import Iterator
from functools import cache
from math import gcd, isqrt, prod

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from tanos.finding import Finding, refusals, refuse, warn
from tanos.inert import inert
from tanos.known_keys.judging import examine_known
from tanos.message import N_, Message

CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
LEAST_RSA_BITS, MANY_RSA_BITS, MOST_RSA_BITS = 2048, 4096, 8192
LEAST_EXPONENT_BITS, MOST_EXPONENT_BITS = 17, 256
FERMAT_ROUNDS = 100
_SMALL_PRIME_LIMIT = 2000
_ROCA_GENERATOR, _ROCA_LARGEST_PRIME = 65537, 167
_AGAIN = N_("Make a new key and a new request; `openssl ecparam -name prime256v1 -genkey` makes a good one.")


def key_words(public_key: PublicKeyTypes) -> str:
    """Return kind and size as an operator says them: `EC P-256`, `RSA 2048`."""
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        return f"EC {CURVES.get(public_key.curve.name, public_key.curve.name)}"
    if isinstance(public_key, rsa.RSAPublicKey):
        return f"RSA {public_key.key_size}"
    if isinstance(public_key, ed25519.Ed25519PublicKey):
        return "Ed25519"
    if isinstance(public_key, ed448.Ed448PublicKey):
        return "Ed448"
    return type(public_key).__name__.strip("_").replace("PublicKey", "")


def examine_key(public_key: PublicKeyTypes) -> tuple[Finding, ...]:
    """Return `key-type`, `weak-key`, `broken-key` and `known-key` findings (BR 6.1.1.3, 6.1.5, 6.1.6)."""
    return (*_examine_kind(public_key), *examine_known(public_key))


def _examine_kind(public_key: PublicKeyTypes) -> tuple[Finding, ...]:
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        return _examine_curve(public_key)
    if isinstance(public_key, rsa.RSAPublicKey):
        numbers = public_key.public_numbers()
        return tuple(examine_rsa(numbers.n, numbers.e))
    return (_key_type(key_words(public_key)),)


def _examine_curve(public_key: ec.EllipticCurvePublicKey) -> tuple[Finding, ...]:
    if public_key.curve.name in CURVES:
        return ()
    if public_key.curve.key_size < 256:
        message = N_("An elliptic curve of {bits} bits is too short.", bits=public_key.curve.key_size)
        return (refuse("weak-key", message, _AGAIN),)
    return (_key_type(key_words(public_key)),)


def examine_rsa(modulus: int, exponent: int) -> Iterator[Finding]:
    """Yield the findings in the two numbers of an RSA public key."""
    bits = modulus.bit_length()
    if bits < LEAST_RSA_BITS:
        yield refuse("weak-key", N_("An RSA key of {bits} bits is too short; 2048 is the least.", bits=bits), _AGAIN)
    elif bits % 8:
        yield refuse("weak-key", N_("An RSA key of {bits} bits has an odd length.", bits=bits), _AGAIN)
    elif bits > MOST_RSA_BITS:
        message = N_("An RSA key of {bits} bits is longer than TLS peers accept; 8192 is the most.", bits=bits)
        yield refuse("key-type", message, _AGAIN)
    elif bits > MANY_RSA_BITS:
        message = N_("An RSA key of {bits} bits makes every connection slow.", bits=bits)
        yield warn("weak-key", message, N_("3072 bits, or P-256, are enough for the life of this certificate."))
    reason = _bad_exponent(exponent) if bits > MOST_RSA_BITS else why_broken(modulus, exponent)
    if reason:
        yield refuse("broken-key", reason, _AGAIN)


def examine_authority(certificate: x509.Certificate) -> tuple[Finding, ...]:
    """Return why the key of an authority between leaf and root vouches for nothing, by the ids of `examine_key`."""
    remedy = N_("Have it issued by another authority; nobody should trust what is signed with such a key.")
    return tuple(
        refuse(
            found.id,
            N_("{subject}: {message}", subject=inert(certificate.subject.rfc4514_string()), message=found.message),
            remedy,
        )
        for found in refusals(examine_key(certificate.public_key()))
        if found.id != "key-type"
    )


def why_broken(modulus: int, exponent: int) -> Message | None:
    """Say by which known fault the private key of an RSA key can be computed; nothing where none is known."""
    return _bad_exponent(exponent) or _why_broken(modulus)


def _bad_exponent(exponent: int) -> Message | None:
    bits = exponent.bit_length()
    if exponent % 2 == 0:
        return N_("The RSA key's exponent is even, so it is no RSA key.")
    if bits < LEAST_EXPONENT_BITS:
        return N_("The RSA key's exponent is {exponent}; it must be 65537 or more.", exponent=exponent)
    if bits > MOST_EXPONENT_BITS:
        return N_("The RSA key's exponent has {bits} bits; it must be 65537 or more, up to 256 bits.", bits=bits)
    return None


def _why_broken(modulus: int) -> Message | None:
    if gcd(modulus, _small_product()) != 1:
        return N_("The RSA key has a small factor: anyone can compute its private key.")
    if has_close_primes(modulus):
        return N_("The RSA key's two primes lie so close together that anyone can compute its private key.")
    if has_roca_fingerprint(modulus):
        return N_("The RSA key was made by a chip with the ROCA fault: its private key can be computed.")
    return None


def has_close_primes(modulus: int, rounds: int = FERMAT_ROUNDS) -> bool:
    """Say whether Fermat's method factors `modulus` within `rounds` steps."""
    middle = isqrt(modulus - 1) + 1
    rest = middle * middle - modulus
    for _ in range(rounds):
        if rest & 0xF in _SQUARES_MOD_16 and _is_square(rest):
            return True
        rest += 2 * middle + 1
        middle += 1
    return False


def has_roca_fingerprint(modulus: int) -> bool:
    """Say whether `modulus` is a power of 65537 modulo every prime up to 167 (Nemec and others, CCS 2017)."""
    return all(modulus % prime in powers for prime, powers in _roca_groups())


_SQUARES_MOD_16 = frozenset(number * number % 16 for number in range(16))
_SIEVE = 3 * 3 * 5 * 7 * 11 * 13
_SQUARES_MOD_SIEVE = frozenset(number * number % _SIEVE for number in range(_SIEVE))


def _is_square(number: int) -> bool:
    return number % _SIEVE in _SQUARES_MOD_SIEVE and isqrt(number) ** 2 == number


@cache
def _small_primes() -> tuple[int, ...]:
    return tuple(
        number
        for number in range(2, _SMALL_PRIME_LIMIT)
        if all(number % below for below in range(2, isqrt(number) + 1))
    )


@cache
def _small_product() -> int:
    return prod(_small_primes())


@cache
def _roca_groups() -> tuple[tuple[int, frozenset[int]], ...]:
    groups = []
    for prime in _small_primes():
        if prime > _ROCA_LARGEST_PRIME:
            break
        powers = frozenset(pow(_ROCA_GENERATOR, exponent, prime) for exponent in range(prime))
        if len(powers) < prime - 1:
            groups.append((prime, powers))
    return tuple(sorted(groups, key=lambda group: len(group[1]) / group[0]))


def _key_type(kind: str) -> Finding:
    message = N_("A key of type {kind} does not fit here: RSA from 2048 bits, P-256, P-384 and P-521 do.", kind=kind)
    return refuse("key-type", message, _AGAIN)
