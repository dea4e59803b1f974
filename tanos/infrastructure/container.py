"""`tanium-init.dat`: which roots to trust, where the server is, what clients are told; our own form, no vendor's.

Invariants: it holds no secret, and is signed by each root of its server, so that it is whole or refused; whose it is
nobody knows who has not compared the check code of its first root. What is read is bounded, and believed in nothing
before the signature of that root was verified.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tanos.certificates.request_shape import UNREADABLE
from tanos.certificates.root import is_self_signed, is_signed_by, may_issue
from tanos.certificates.signed_words import INIT_HEAD, STATEMENT
from tanos.errors import AnswerRefused
from tanos.message import N_
from tanos.services.connecting import Target

FORMAT = "tanos init 1"
LARGEST = 64 * 1024
"""Bytes; as much as is read of a drop box."""
MOST_ROOTS, MOST_SERVERS, LONGEST_NAME = 16, 8, 256
MOST_NUMBER = 253_402_300_799
"""The last second of the year 9999."""
Value = int | str
Sign = Callable[[bytes, x509.Certificate], bytes]


class Init(NamedTuple):
    """What such a file tells."""

    server: str
    """FQDN of the Tanium Server that made it."""
    number: int
    """Grows: the second in which it was made."""
    roots: tuple[x509.Certificate, ...]
    """Its own, that in use first, then those of servers that it trusts."""
    own: int
    """How many of them are its own."""
    servers: tuple[str, ...]
    """Where clients go: NAME=HOST:PORT."""
    settings: Mapping[str, Value]
    letters: str
    """What its roots say to zone servers, as they said it."""

    @property
    def signer(self) -> x509.Certificate:
        """The root whose check code is compared."""
        return self.roots[0]

    @property
    def pem(self) -> str:
        """All roots, for whoever judges by them."""
        return "".join(each.public_bytes(Encoding.PEM).decode() for each in self.roots)


def written(init: Init, sign: Sign) -> bytes:
    """Return the file; `sign` has a root sign bytes. Raises ValueError where it is too long."""
    words = {**init._asdict(), "roots": [b64encode(each.public_bytes(Encoding.DER)).decode() for each in init.roots]}
    body = json.dumps(words, sort_keys=True, separators=(",", ":")).encode()
    signatures = [b64encode(sign(INIT_HEAD + body, root)).decode() for root in init.roots[: init.own]]
    said = {"format": FORMAT, "body": b64encode(body).decode(), "signatures": signatures}
    data = json.dumps(said).encode() + b"\n"
    if len(data) > LARGEST:
        raise ValueError("too long")
    return data


def understood(data: bytes) -> Init:
    """Return what a file tells, once its own roots' signatures are verified. Raises AnswerRefused `bad-init-file`."""
    try:
        if len(data) > LARGEST:
            raise ValueError("too long")
        outer = json.loads(data)
        if outer["format"] != FORMAT:
            raise ValueError("another format")
        body = b64decode(outer["body"], validate=True)
        init = _read(json.loads(body))
        signatures = [b64decode(each, validate=True) for each in outer["signatures"]]
        if len(signatures) != init.own:
            raise ValueError("signatures are missing")
        for root, signature in zip(init.roots, signatures, strict=False):
            if not is_signed_by(root, signature, STATEMENT + INIT_HEAD + body):
                raise ValueError("signed by another")
        return init
    except (*UNREADABLE, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise AnswerRefused(
            "bad-init-file",
            N_("This is no tanium-init.dat of this program, or not a whole one."),
            N_("Take it anew from the Tanium Server. Files of the vendor's own servers are not read here."),
        ) from error


def _read(words: Any) -> Init:
    roots = tuple(x509.load_der_x509_certificate(b64decode(each, validate=True)) for each in words["roots"])
    servers, settings = tuple(map(_text, words["servers"])), words["settings"]
    own, number = words["own"], words["number"]
    if not 1 <= len(roots) <= MOST_ROOTS or len(servers) > MOST_SERVERS:
        raise ValueError("too many")
    if (
        type(own) is not int
        or not 1 <= own <= len(roots)
        or type(number) is not int
        or not 0 <= number <= MOST_NUMBER
    ):
        raise ValueError("no number")
    if not all(is_self_signed(each) and may_issue(each) for each in roots):
        raise ValueError("no root")
    for each in servers:
        Target.read(each)
    if not isinstance(settings, dict) or len(settings) > LONGEST_NAME:
        raise ValueError("no settings")
    told = {_text(name): value if type(value) is int else _text(value) for name, value in settings.items()}
    letters = words["letters"]
    if not isinstance(letters, str):
        raise TypeError("no text")
    return Init(_text(words["server"]), number, roots, own, servers, told, letters)


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_NAME or not value.isprintable():
        raise ValueError("no text")
    return value
