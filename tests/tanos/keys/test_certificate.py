"""A certificate is read to its last byte, as ssh-keygen made it, or not at all."""

from base64 import b64decode
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from tanos.keys.certificate import read_certificate
from tanos.keys.krl import MAGIC, read_krl
from tanos.keys.public_key import read_line
from tanos.ssh_wire import BadBlob
from tests.tanos.keys.forms import data

BLOB = b64decode(data("ed25519-cert.pub").split()[1])


def test_the_plain_key_and_the_authority_are_those_that_went_in() -> None:
    found = read_certificate(BLOB)
    assert found.fingerprint == read_line(data("ed25519.pub").decode()).fingerprint
    assert (found.authority_word, found.signature_word) == ("ssh-rsa", "rsa-sha2-512")
    assert BLOB.startswith(found.signed)
    assert found.kind == 1


@given(st.integers(0, len(BLOB) - 1), st.binary(min_size=1, max_size=8))
@settings(max_examples=500, deadline=None)
def test_damage_is_a_bad_blob_and_nothing_else(at: int, other: bytes) -> None:
    with suppress(BadBlob):
        found = read_certificate(BLOB[:at] + other + BLOB[at + len(other) :])
        assert found.signature_word is not None
    for damaged in (BLOB[:at], BLOB + other):
        try:
            read_certificate(damaged)
        except BadBlob:
            continue
        raise AssertionError("read")


@given(st.binary(max_size=200))
@settings(max_examples=500, deadline=None)
def test_random_bytes_are_no_list(body: bytes) -> None:
    with suppress(BadBlob):
        read_krl(MAGIC + b"\0\0\0\1" + bytes(24) + bytes(8) + body)
