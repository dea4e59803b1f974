"""Who a client of 7.4 is: the identifier of a key that it makes once and keeps, so that an id proves itself.

Invariants: nothing is signed for an id but what the key of that very id signed, and nobody has to remember which key
an id had: any server can tell, also one that nobody else reaches. Who lost the key, as by a new installation, is
another client, and is kept out by nobody. What is signed is a request, with words before it, so that whoever
hears it can have signed again what was signed already and nothing else.
"""

import re
from base64 import b64decode, b64encode
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    load_der_public_key,
)

from tanos.certificates.check_code import spki_of
from tanos.certificates.request_shape import UNREADABLE
from tanos.certificates.signed_words import CLIENT
from tanos.client_trust.intermediate import CURVE, new_key

LENGTH = 32
"""Characters of an id: the first 128 bits of SHA-256 over the key, hexadecimal."""
_ID = re.compile(rf"[0-9a-f]{{{LENGTH}}}")
LARGEST = 256
"""Bytes of a key, and of a signature."""


class Identity:
    """Of one client."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key
        self.public = spki_of(key.public_key())
        self.id = id_of(self.public)

    @classmethod
    def made(cls) -> "Identity":
        """Return that of a client that was never there."""
        return cls(new_key())

    @classmethod
    def kept(cls, text: object) -> "Identity | None":
        """Return what `text` has kept; None where that is none."""
        try:
            key = load_der_private_key(b64decode(str(text), validate=True), None)
        except UNREADABLE:
            return None
        return cls(key) if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == CURVE.name else None

    @property
    def text(self) -> str:
        """What is kept of it: the private key."""
        return b64encode(self._key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())).decode()

    def sign(self, request: bytes) -> bytes:
        """Return what proves that a request for a certificate is this client's."""
        return self._key.sign(CLIENT + request, ec.ECDSA(SHA256()))


def is_id(text: str) -> bool:
    """Say whether a text has the form of an id that proves itself."""
    return _ID.fullmatch(text) is not None


def id_of(public: bytes) -> str:
    """Return the id of who has that key, DER."""
    return sha256(public).hexdigest()[:LENGTH]


def proves(client_id: str, public: bytes, signature: bytes, request: bytes) -> bool:
    """Say whether the key of that id signed the request."""
    if id_of(public) != client_id or max(len(public), len(signature)) > LARGEST:
        return False
    try:
        key = load_der_public_key(public)
        if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != CURVE.name:
            return False
        key.verify(signature, CLIENT + request, ec.ECDSA(SHA256()))
    except (*UNREADABLE, InvalidSignature):
        return False
    return True
