"""DER: what it forbids is not read, what is written is what openssl writes."""

import subprocess
from datetime import UTC, datetime
from hashlib import sha1

import pytest
from cryptography.x509 import SubjectKeyIdentifier
from hypothesis import given
from hypothesis import strategies as st

from tanos.certificates.check_code import spki_of
from tanos.der import (
    INTEGER,
    OCTET_STRING,
    SEQUENCE,
    NotDer,
    bits_of_key,
    element,
    integer,
    moment,
    tlv,
    whole_length,
)
from tests.tanos.certificates.asking import ec_key, rsa_key


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ("", "nothing"),
        ("30", "no length"),
        ("3080", "indefinite length"),
        ("30817f", "a long length where a short one does"),
        ("30820080", "a leading zero"),
        ("3082ff", "half a length"),
        ("30850100000000", "a length of five bytes"),
        ("3f0100", "a tag of several bytes"),
    ],
)
def test_no_length_that_der_forbids_is_read(form: str, why: str) -> None:
    with pytest.raises(NotDer):
        element(bytes.fromhex(form))
    assert whole_length(bytes.fromhex(form)) is None, why


def test_lengths_are_read_as_they_are() -> None:
    assert whole_length(bytes.fromhex("3000")) == 2
    assert whole_length(bytes.fromhex("308180")) == 131
    assert whole_length(bytes.fromhex("30820100")) == 260
    assert whole_length(bytes.fromhex("310100")) is None


def test_a_header_is_read_before_its_content_has_arrived() -> None:
    assert element(bytes.fromhex("30820100")) == (SEQUENCE, 4, 260)
    assert element(bytes.fromhex("ff02820100"), 1) == (INTEGER, 5, 261)


@given(st.integers(0, 3), st.integers(0, 70_000))
def test_what_is_written_is_read_again(before: int, size: int) -> None:
    der = bytes(before) + tlv(OCTET_STRING, bytes(size))
    tag, start, end = element(der, before)
    assert (tag, end - start, end) == (OCTET_STRING, size, len(der))


@given(st.binary(max_size=12), st.integers(0, 12))
def test_any_bytes_give_a_header_in_its_shortest_form_or_none(der: bytes, at: int) -> None:
    try:
        tag, start, end = element(der, at)
    except NotDer:
        return
    if end - start < 1 << 20:
        assert tlv(tag, bytes(end - start))[: start - at] == der[at:start]


@pytest.mark.parametrize("value", [0, 1, 127, 128, 255, 256, (1 << 159) - 1, 1 << 159])
def test_numbers_and_times_are_what_openssl_reads(value: int) -> None:
    times = datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2050, 1, 2, 3, 4, 5, tzinfo=UTC)
    der = tlv(SEQUENCE, integer(value), *map(moment, times))
    shown = subprocess.run(["openssl", "asn1parse", "-inform", "DER"], input=der, capture_output=True, check=True)
    said = [line.rpartition(b":")[2].decode() for line in shown.stdout.splitlines()[1:]]
    assert int(said[0], 16) == value
    assert said[1:] == ["491231235959Z", "20500102030405Z"]


def test_the_bits_of_a_key_are_what_follows_its_algorithm() -> None:
    for key in (ec_key(), rsa_key()):
        spki = spki_of(key.public_key())
        assert SubjectKeyIdentifier.from_public_key(key.public_key()).digest == sha1(bits_of_key(spki)).digest()
