"""The code that both terminals show."""

import hashlib

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tanos.certificates.check_code import check_code, same_check_code
from tests.tanos.certificates.asking import ec_key, good_request, rsa_key


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
