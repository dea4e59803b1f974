"""By which signing key a file of /incoming is signed, if by any (ours: it shows that a key is the right one).

Invariant: nothing of the file is used, and it is judged as a whole; a signature is over its bytes, SHA-256 with RSA
(PKCS #1 1.5) and the curves, and Ed25519 as it is.
"""

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256

from tanos.actor import Call
from tanos.dropbox import read_incoming
from tanos.errors import AnswerRefused
from tanos.message import N_
from tanos.operation import Inquiry, Result
from tanos.report import Fact, Facts, Mark
from tanos.signing_keys.kept import SigningKey, signing_keys

LARGEST = 16 * 1024 * 1024
"""Bytes of a file that is checked."""


async def _check(call: Call, *, file: str, signature: str) -> Result:
    """Find the key. Raises AnswerRefused `not-signed`, and what `read_incoming` raises."""
    data = read_incoming(call.appliance, file, LARGEST)
    signed = _as_bytes(read_incoming(call.appliance, signature))
    for each in signing_keys(call.appliance):
        if has_signed(each.key.key, signed, data):
            return _result(file, each)
    raise AnswerRefused(
        "not-signed",
        N_("No key that is kept here made this signature of {file}.", file=file),
        N_("Add the key of who signed it, or have the file and its signature sent again."),
    )


def has_signed(key: PublicKeyTypes, signature: bytes, data: bytes) -> bool:
    """Say whether `signature` over `data` was made by the private half of `key`."""
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, data)
        elif isinstance(key, EllipticCurvePublicKey):
            key.verify(signature, data, ECDSA(SHA256()))
        elif isinstance(key, RSAPublicKey):
            key.verify(signature, data, PKCS1v15(), SHA256())
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _as_bytes(signature: bytes) -> bytes:
    """Return a signature as it was made, where it came as base64."""
    try:
        return base64.b64decode(b"".join(signature.split()), validate=True) or signature
    except binascii.Error:
        return signature


def _result(file: str, found: SigningKey) -> Result:
    facts = Facts(
        (
            Fact(N_("file"), file),
            Fact(N_("signed by"), found.name, Mark.OK),
            Fact(N_("check code"), found.key.check_code),
        )
    )
    data = {"file": file, "name": found.name, "check_code": found.key.check_code}
    return Result(N_("The signature is right."), (facts,), data=data)


CHECK_CONTENT = Inquiry(_check)
