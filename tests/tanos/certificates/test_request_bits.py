"""A request that arrived with one bit changed, or not to its end, is never taken."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

from tanos.certificates.request import examine_request
from tanos.errors import AnswerRefused
from tanos.finding import refusals
from tests.tanos.certificates.asking import csr_der, ec_key, rsa_key

KEYS: dict[str, CertificateIssuerPrivateKeyTypes] = {"EC": ec_key(), "RSA": rsa_key()}


def taken(der: bytes) -> bool:
    """Say whether a certificate could be issued for it."""
    try:
        _, found = examine_request(der)
    except AnswerRefused:
        return False
    return not refusals(found)


@pytest.mark.parametrize("kind", KEYS)
def test_every_single_bit_flip_is_refused(kind: str) -> None:
    der = csr_der(key=KEYS[kind])
    assert taken(der)
    survivors = []
    for position in range(len(der) * 8):
        flipped = bytearray(der)
        flipped[position // 8] ^= 1 << position % 8
        if taken(bytes(flipped)):
            survivors.append(position)
    assert survivors == []


def test_unused_bits_that_would_lose_nothing_are_refused_too() -> None:
    der = csr_der()
    while der[-1] & 0x7F:
        der = csr_der()
    place = len(der) - len(x509.load_der_x509_csr(der).signature) - 1
    assert taken(der)
    assert not any(taken(der[:place] + bytes((unused,)) + der[place + 1 :]) for unused in range(1, 256))


@pytest.mark.parametrize("kind", KEYS)
def test_every_truncation_is_refused(kind: str) -> None:
    der = csr_der(key=KEYS[kind])
    assert not any(taken(der[:length]) for length in range(len(der)))
    assert not any(taken(der[length:]) for length in range(1, len(der)))
