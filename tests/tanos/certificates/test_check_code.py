"""The code that both terminals show."""

import hashlib
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509 import load_der_x509_csr

from tanos.certificates.check_code import check_code, same_check_code, spki_as_sent, spki_of
from tanos.certificates.request import examine_request
from tanos.certificates.request_shape import pieces_of
from tests.tanos.certificates.asking import csr_der, ec_key, good_request, rsa_key


def test_the_code_is_the_first_half_of_the_key_hash() -> None:
    for key in (ec_key(), rsa_key()):
        spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        code = check_code(key.public_key())
        assert code.replace("-", "") == hashlib.sha256(spki).hexdigest()[:32].upper()
        assert [len(group) for group in code.split("-")] == [4] * 8


def test_a_request_shows_the_code_of_its_key() -> None:
    assert good_request().check_code == check_code(ec_key().public_key())


def test_codes_are_compared_as_an_operator_types_them() -> None:
    code = check_code(ec_key().public_key())
    assert same_check_code(code, code.lower().replace("-", " "))
    assert same_check_code(code, f"  {code.replace('-', '')}\n")
    assert not same_check_code(code, code[:-1] + ("0" if code[-1] != "0" else "1"))
    assert not same_check_code(code, code[:4])
    assert not same_check_code(code, "ungültig")


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1(), ec.SECP256K1()])
@pytest.mark.parametrize("form", ["uncompressed", "compressed"])
def test_however_a_key_was_sent_it_has_one_code(curve: ec.EllipticCurve, form: str) -> None:
    program = ["openssl", "pkey", "-outform", "DER", "-pubout", "-ec_conv_form", form]
    key = ec.generate_private_key(curve)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    sent = subprocess.run(program, input=pem, capture_output=True, check=True).stdout
    assert (sent == spki_of(key.public_key())) == (form == "uncompressed")
    assert spki_as_sent(key.public_key(), sent) == spki_of(key.public_key())


def test_the_key_is_cut_out_of_a_request_as_it_was_sent() -> None:
    for key in (ec_key(), rsa_key()):
        der = csr_der(key=key)
        assert pieces_of(der)[:2] == (load_der_x509_csr(der).tbs_certrequest_bytes, spki_of(key.public_key()))
        assert examine_request(der)[0].spki == spki_of(key.public_key())
