"""Keys that everybody has are known by their public half, whatever it stands in; no other key is."""

import hashlib
from base64 import b64decode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_public_key

from tanos.certificates.key_strength import examine_key
from tanos.errors import AnswerRefused
from tanos.keys.public_key import read_line
from tanos.known_keys.judging import known_by
from tanos.known_keys.marks import marks_of, rsa_marks
from tanos.known_keys.shipped import SHIPPED
from tests.tanos.known_keys.published import DEBIAN_LINE, DEBIAN_MODULUS, EXAMPLES, P256, VAGRANT_MD5, VAGRANT_RSA


@pytest.mark.parametrize("source", EXAMPLES)
def test_a_published_private_key_makes_its_public_half_known(source: str) -> None:
    public = EXAMPLES[source].public_key()
    assert known_by(marks_of(public)) == source
    assert "known-key" in {each.id for each in examine_key(public)}
    line = public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    with pytest.raises(AnswerRefused, match="known-key") as refused:
        read_line(line)
    assert source in str(refused.value.findings[0].message)


def test_the_key_of_every_old_box_is_known_also_with_another_exponent() -> None:
    key = load_ssh_public_key(VAGRANT_RSA.encode())
    assert isinstance(key, rsa.RSAPublicKey)
    modulus = key.public_numbers().n
    blob = b64decode(VAGRANT_RSA.split()[1])
    assert hashlib.md5(blob, usedforsecurity=False).hexdigest() == VAGRANT_MD5.replace(":", "")
    assert {each.id for each in examine_key(key)} == {"broken-key", "known-key"}
    assert "known-key" in {each.id for each in examine_key(rsa.RSAPublicNumbers(65537, modulus).public_key())}


def test_a_key_is_marked_as_both_lists_of_the_accident_of_2008_have_it() -> None:
    assert rsa_marks(DEBIAN_MODULUS, 65537).debian[0].hex() == DEBIAN_LINE
    key = load_ssh_public_key(VAGRANT_RSA.encode())
    assert isinstance(key, rsa.RSAPublicKey)
    marks = marks_of(key)
    assert marks is not None
    assert marks.debian[1].hex() == VAGRANT_MD5.replace(":", "")[-20:]


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP521R1()),
        ed25519.Ed25519PrivateKey.generate(),
    ],
    ids=lambda key: type(key).__name__,
)
def test_a_key_that_was_made_now_is_known_to_nobody(key: ec.EllipticCurvePrivateKey) -> None:
    assert known_by(marks_of(key.public_key())) == ""


def test_the_mirror_image_of_a_known_point_is_known_for_its_private_key_is_the_negative() -> None:
    point, order = P256.public_key().public_numbers(), 2**256 - 2**224 + 2**192 + 2**96 - 1
    mirrored = ec.EllipticCurvePublicNumbers(point.x, order - point.y, ec.SECP256R1()).public_key()
    assert known_by(marks_of(mirrored)) == "RFC 9500"


def test_no_mark_stands_twice_and_none_is_cut() -> None:
    assert {len(b64decode(mark)) for mark in SHIPPED} == {15}
    assert len(SHIPPED) == 90
