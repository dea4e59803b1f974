"""What the supervisor of a Tanium Server of 7.4 says and signs, by the root of `authority`."""

from base64 import b64decode
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from tanos.certificates.check_code import check_code, spki_of
from tanos.certificates.signed_words import LETTER, MESSAGE
from tanos.certificates.signing import HeldRoot
from tanos.certificates.subordinate import intermediate_tbs, message_tbs
from tanos.client_trust.intermediate import Held, requested_key
from tanos.client_trust.messages import Said, Signed, as_frame, body_of
from tanos.services.certifying import granted
from tanos.services.frames import Frame
from tanos.supervising.messaging import as_words
from tests.tanos.services.authority import authority

SERVER = "ts1.lab.test"


def authority_root(number: int = 0) -> x509.Certificate:
    """Return a root's certificate."""
    return x509.load_pem_x509_certificate(authority(number).pem.encode())


def code_of(number: int = 0) -> str:
    """Return a root's check code."""
    return check_code(authority_root(number).public_key())


def grant(words: dict[str, Any], number: int = 0) -> Frame:
    """Sign the intermediate key of a server."""
    spki = spki_of(requested_key(b64decode(words["request"])))
    root, serial = authority_root(number), x509.random_serial_number()
    tbs = intermediate_tbs(root, spki, str(words["holder"]), serial, datetime.now(UTC), 30)
    der = HeldRoot(root, authority(number).key).sign_intermediate(tbs)
    return granted(Held(x509.load_der_x509_certificate(der), code_of(number), 7, 72))


def said_words(
    number: int = 1, *, by: int = 0, roots: tuple[int, ...] = (0,), ended: tuple[int, ...] = (), **settings: Any
) -> Frame:
    """Return what the Tanium Server is given: a message signed below the root `by`, and letters of all roots."""
    key, root = ec.generate_private_key(ec.SECP256R1()), authority_root(by)
    told = tuple(authority_root(each) for each in roots)
    body = body_of(Said(SERVER, number, told, frozenset(map(code_of, ended)), frozenset(), settings))
    tbs = message_tbs(root, spki_of(key.public_key()), SERVER, x509.random_serial_number(), datetime.now(UTC), 30)
    certificate = HeldRoot(root, authority(by).key).sign_leaf(tbs)
    signed = Signed(body, key.sign(MESSAGE + body, ec.ECDSA(SHA256())), certificate)
    letter = body_of(Said(SERVER, 0, told, frozenset(), frozenset(), {}))
    found = [{"root": code_of(each), **as_frame(_letter(each, letter))} for each in (*ended, *roots)]
    return as_words(signed, code_of(by), found)


def _letter(number: int, body: bytes) -> Signed:
    return Signed(body, authority(number).key.sign(LETTER + body, ec.ECDSA(SHA256())), b"")
