"""The outermost shape of DER: what openssl writes is told apart, what DER forbids is not read."""

import base64
import subprocess

import pytest

from tanos.pasting.der import header, is_pkcs7, is_private_key, whole_length
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
    assert header(bytes.fromhex(form)) is None, why


def test_lengths_are_read_as_they_are() -> None:
    assert whole_length(bytes.fromhex("3000")) == 2
    assert whole_length(bytes.fromhex("308180")) == 131
    assert whole_length(bytes.fromhex("30820100")) == 260
    assert whole_length(bytes.fromhex("310100")) is None


def test_openssl_reads_the_same_der_from_the_source_of_the_corpus() -> None:
    shown = subprocess.run(
        ["openssl", "req", "-outform", "DER", "-verify"], input=TEXT.encode(), capture_output=True, check=True
    )
    assert shown.stdout == der(TEXT) == base64.b64decode("".join(TEXT.splitlines()[1:-1]))
    assert b"OK" in shown.stderr
