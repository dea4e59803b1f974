"""What openssl writes is told apart by its first bytes."""

import base64
import subprocess

import pytest

from tanos.der import whole_length
from tanos.pasting.first_bytes import is_pkcs7, is_private_key
from tests.data.pastes.parts import CHAIN, LEAF, P12, ROOT, TEXT, der

GENPKEY = ["openssl", "genpkey", "-outform", "DER", "-algorithm"]
EC = [*GENPKEY, "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]
KEYS = {
    "PKCS#8 EC": [EC],
    "PKCS#8 RSA": [[*GENPKEY, "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]],
    "PKCS#8 Ed25519": [[*GENPKEY, "ED25519"]],
    "PKCS#8 encrypted": [
        EC,
        ["openssl", "pkcs8", "-topk8", "-inform", "DER", "-outform", "DER", "-passout", "pass:lab"],
    ],
    "SEC 1": [EC, ["openssl", "ec", "-inform", "DER", "-outform", "DER"]],
    "PKCS#1": [[*GENPKEY, "RSA"], ["openssl", "rsa", "-inform", "DER", "-outform", "DER", "-traditional"]],
}
PUBLIC = ["openssl", "pkey", "-inform", "DER", "-pubout", "-outform", "DER"]


def output(*programs: list[str]) -> bytes:
    data = b""
    for program in programs:
        data = subprocess.run(program, input=data, capture_output=True, check=True).stdout
    return data


@pytest.mark.parametrize("programs", KEYS.values(), ids=KEYS.keys())
def test_every_kind_of_private_key_is_known_by_its_first_bytes(programs: list[list[str]]) -> None:
    key = output(*programs)
    assert whole_length(key) == len(key)
    assert is_private_key(key)
    assert is_private_key(key[:48])
    assert not any(is_private_key(key[:length]) or is_pkcs7(key[:length]) for length in range(6))


def test_a_pkcs12_is_a_private_key() -> None:
    assert is_private_key(P12)


@pytest.mark.parametrize("text", [TEXT, LEAF, ROOT])
def test_requests_and_certificates_are_no_keys(text: str) -> None:
    assert not is_private_key(der(text))
    assert not is_pkcs7(der(text))


def test_a_public_key_is_no_private_key() -> None:
    assert not is_private_key(output(EC, PUBLIC))
    assert not is_private_key(output(*KEYS["PKCS#1"][:1], PUBLIC))


def test_a_chain_is_known() -> None:
    assert is_pkcs7(CHAIN)
    assert not is_private_key(CHAIN)


def test_openssl_reads_the_same_der_from_the_source_of_the_corpus() -> None:
    shown = subprocess.run(
        ["openssl", "req", "-outform", "DER", "-verify"], input=TEXT.encode(), capture_output=True, check=True
    )
    assert shown.stdout == der(TEXT) == base64.b64decode("".join(TEXT.splitlines()[1:-1]))
    assert b"OK" in shown.stderr
