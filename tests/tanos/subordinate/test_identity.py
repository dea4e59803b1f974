"""An id of a client proves itself: who signed for it has the key that it is made of."""

from base64 import b64decode
from hashlib import sha256
from pathlib import Path
from subprocess import run

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from tanos.certificates.check_code import spki_of
from tanos.client_trust.identity import Identity, id_of, proves

ONE, OTHER = Identity.made(), Identity.made()
REQUEST = b"a request"


def test_openssl_verifies_what_a_client_signs_and_its_id_is_a_digest_of_its_key(tmp_path: Path) -> None:
    for name, data in (("key", ONE.public), ("said", b"tanos client 1\0" + REQUEST), ("sign", ONE.sign(REQUEST))):
        (tmp_path / name).write_bytes(data)
    (tmp_path / "private").write_bytes(b64decode(ONE.text))
    command = ["openssl", "pkey", "-pubout", "-inform", "DER", "-outform", "DER", "-in", "private"]
    assert run(command, cwd=tmp_path, capture_output=True, check=True, timeout=60).stdout == ONE.public
    verified = ["openssl", "dgst", "-sha256", "-verify", "key", "-keyform", "DER", "-signature", "sign", "said"]
    assert run(verified, cwd=tmp_path, capture_output=True, check=True, timeout=60).stdout == b"Verified OK\n"
    assert sha256(ONE.public).hexdigest().startswith(ONE.id)
    assert len(ONE.id) == 32


def test_what_is_kept_is_the_same_client_and_what_is_no_key_is_none() -> None:
    kept = Identity.kept(ONE.text)
    assert kept is not None
    assert kept.id == ONE.id
    assert proves(ONE.id, kept.public, kept.sign(REQUEST), REQUEST)
    for text in (None, "", "!", "AAAA", 5, ONE.text[:-8]):
        assert Identity.kept(text) is None


def test_nobody_else_proves_an_id_nor_for_another_request() -> None:
    signature = ONE.sign(REQUEST)
    assert proves(ONE.id, ONE.public, signature, REQUEST)
    assert not proves(ONE.id, ONE.public, signature, b"another request")
    assert not proves(OTHER.id, ONE.public, signature, REQUEST)
    assert not proves(ONE.id, OTHER.public, OTHER.sign(REQUEST), REQUEST)
    assert not proves(ONE.id, ONE.public, OTHER.sign(REQUEST), REQUEST)
    assert not proves("c1", ONE.public, signature, REQUEST)


@pytest.mark.parametrize("curve", [ec.SECP384R1(), ec.SECP256K1()])
def test_a_key_of_another_kind_is_nobodys(curve: ec.EllipticCurve) -> None:
    key = ec.generate_private_key(curve)
    public = spki_of(key.public_key())
    signature = key.sign(b"tanos client 1\0" + REQUEST, ec.ECDSA(SHA256()))
    assert not proves(id_of(public), public, signature, REQUEST)


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_no_rubbish_proves_anything(public: bytes, signature: bytes) -> None:
    assert not proves(id_of(public), public, signature, REQUEST)
