"""Keys that look right and are not; and that no sound key is taken for one of them."""

from itertools import count
from math import isqrt, prod
from time import process_time

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tanos.certificates.key_strength import examine_key, examine_rsa, has_close_primes, has_roca_fingerprint
from tanos.finding import Severity


def is_prime(number: int) -> bool:
    """Fermat's test to a few bases: enough for numbers made here."""
    return all(pow(base, number - 1, number) == 1 for base in (2, 3, 5, 7, 11, 13))


def next_prime(number: int) -> int:
    """Return the first prime from `number` on."""
    number |= 1
    while not is_prime(number):
        number += 2
    return number


def findings(modulus: int, exponent: int = 65537) -> list[tuple[str, str]]:
    """Return ids and severities."""
    return [(finding.id, finding.severity.value) for finding in examine_rsa(modulus, exponent)]


@pytest.fixture(scope="module")
def sound() -> rsa.RSAPrivateKey:
    """A key as it should be."""
    return rsa.generate_private_key(65537, 2048)


def test_a_sound_key_has_no_findings(sound: rsa.RSAPrivateKey) -> None:
    assert examine_key(sound.public_key()) == ()


@pytest.mark.parametrize(
    ("exponent", "reason"), [(3, "65537"), (17, "65537"), (65536, "even"), (1 << 256 | 1, "65537")]
)
def test_a_bad_exponent_breaks_a_key(sound: rsa.RSAPrivateKey, exponent: int, reason: str) -> None:
    (finding,) = examine_rsa(sound.public_key().public_numbers().n, exponent)
    assert (finding.id, finding.severity) == ("broken-key", Severity.REFUSE)
    assert reason in str(finding.message)


def test_close_factors_are_found_and_distant_ones_are_not(sound: rsa.RSAPrivateKey) -> None:
    first = next_prime(1 << 511)
    assert ("broken-key", "refuse") in findings(first * next_prime(first + 2))
    first = sound.private_numbers().p
    assert has_close_primes(first * first)
    assert has_close_primes(first * (first + (1 << 500)))
    assert not has_close_primes(first * (first + (1 << 560)))


def test_a_hundred_rounds_of_fermat_are_made() -> None:
    first = next_prime(1 << 200)
    for step in range(1, 4000):
        second = first + 2 * step * (1 << 99)
        middle = (first + second) // 2
        rounds = middle - isqrt(first * second - 1)
        if 95 <= rounds <= 100:
            assert has_close_primes(first * second)
            assert not has_close_primes(first * second, rounds - 1)
            return
    pytest.fail("no pair of factors needed nearly a hundred rounds")


@pytest.mark.parametrize("factor", [2, 3, 743, 751])
def test_a_small_factor_breaks_a_key(sound: rsa.RSAPrivateKey, factor: int) -> None:
    assert ("broken-key", "refuse") in findings(factor * sound.public_key().public_numbers().n)


def test_the_roca_fingerprint_is_recognised(sound: rsa.RSAPrivateKey) -> None:
    primorial = prod(number for number in range(2, 168) if all(number % below for below in range(2, number)))

    def from_the_faulty_chip(start: int) -> int:
        candidates = (number * primorial + pow(65537, number, primorial) for number in count(start))
        return next(filter(is_prime, candidates))

    modulus = from_the_faulty_chip(1 << 36) * from_the_faulty_chip(5 << 34)
    assert has_roca_fingerprint(modulus)
    assert ("broken-key", "refuse") in findings(modulus)
    assert not has_roca_fingerprint(sound.public_key().public_numbers().n)


@pytest.mark.parametrize(
    ("bits", "expected"),
    [
        (2047, ("weak-key", "refuse")),
        (2049, ("weak-key", "refuse")),
        (6144, ("weak-key", "warn")),
        (16384, ("key-type", "refuse")),
    ],
)
def test_lengths_that_do_not_fit(bits: int, expected: tuple[str, str]) -> None:
    modulus = next(number for number in range((1 << bits) - 1, 0, -2) if not has_small_factor(number))
    assert expected in findings(modulus)


def has_small_factor(number: int) -> bool:
    """Say whether a small prime divides it."""
    return any(number % prime == 0 for prime in range(3, 752, 2))


def test_numbers_too_long_to_be_said_are_said_in_bits() -> None:
    found = list(examine_rsa((1 << 16384) - 1, (1 << 16383) + 1))
    assert [finding.id for finding in found] == ["key-type", "broken-key"]
    assert "16384 bits" in str(found[1].message)


def test_an_endless_modulus_is_refused_at_once() -> None:
    begun = process_time()
    assert findings((1 << 500_000) - 1) == [("key-type", "refuse")]
    assert process_time() - begun < 1
