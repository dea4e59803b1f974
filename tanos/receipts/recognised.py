"""What an uploaded file is, told by its first bytes, never by its name alone.

Invariants: at most HEAD bytes are looked at, whatever the length of the file; nothing of a private key is kept or
shown. Whatever is needed is imported with this module: who recognises files may be confined and open nothing more.
"""

from dataclasses import dataclass
from enum import Enum

from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs7

from tanos.certificates.check_code import check_code
from tanos.certificates.loaded import read_certificate, read_request
from tanos.errors import AnswerRefused
from tanos.message import N_, Message
from tanos.pasting.awaited import Awaited
from tanos.pasting.exposed import holds_private_key
from tanos.pasting.first_bytes import is_private_key
from tanos.pasting.intake import read_file
from tanos.pasting.key_line import is_complete_key

HEAD = 64 * 1024
BANNERS = ("banner_ssh.txt", "banner.html")
_ = pkcs7.load_der_pkcs7_certificates  # read with the module: it is asked for by name later
_PACKAGE = b"\xed\xab\xee\xdb"
_LABELLED = (b"PRIVATE KEY-----", b"openssh-key-v1")
_TEXT = bytes([0, *range(7, 14), 27, *range(32, 127), *range(128, 256)])
"""Bytes of a text, also of one in 16 bits a character."""
_INIT = b'{"format": "tanos init '
"""As `tanos.infrastructure.container` writes it."""
_X509_WORDS = (b"-----BEGIN", b"----- BEGIN", b"MII")


class Kind(Enum):
    """What a file is recognised as."""

    REQUEST = N_("certificate request")
    CERTIFICATE = N_("certificate")
    PUBLIC_KEY = N_("public key")
    PRIVATE_KEY = N_("private key")
    INFRASTRUCTURE = N_("infrastructure file")
    BANNER = N_("banner")
    PACKAGE = N_("package")
    UNKNOWN = N_("unknown")

    @property
    def label(self) -> Message:
        """The words for it."""
        value: Message = self.value
        return value


@dataclass(frozen=True)
class Recognised:
    """A kind, and the check code of the key in it where there is one."""

    kind: Kind
    check_code: str = ""


def recognise(name: str, head: bytes) -> Recognised:
    """Tell what a file is by its name and its first HEAD bytes."""
    if head.startswith(_PACKAGE):
        return Recognised(Kind.PACKAGE)
    if any(word in head for word in _LABELLED) or is_private_key(head):
        return Recognised(Kind.PRIVATE_KEY)
    if _is_der(head):
        return _x509(head)
    if head.translate(None, _TEXT):
        return Recognised(Kind.UNKNOWN)
    return _text(name, head)


def _text(name: str, head: bytes) -> Recognised:
    if holds_private_key(head):
        return Recognised(Kind.PRIVATE_KEY)
    plain = head.replace(b"\0", b"")
    if plain.startswith(_INIT):
        return Recognised(Kind.INFRASTRUCTURE)
    if any(word in plain for word in _X509_WORDS):
        found = _x509(head)
        if found.kind is not Kind.UNKNOWN:
            return found
    if b"PUBLIC KEY-" in plain or any(is_complete_key(line) for line in plain.splitlines()):
        return Recognised(Kind.PUBLIC_KEY)
    return Recognised(Kind.BANNER if name in BANNERS else Kind.UNKNOWN)


def _x509(data: bytes) -> Recognised:
    """Read it as the menus would."""
    for awaited, kind in ((Awaited.REQUEST, Kind.REQUEST), (Awaited.CERTIFICATE, Kind.CERTIFICATE)):
        try:
            der = read_file(data, awaited).ders[0]
        except AnswerRefused as refused:
            if refused.id == "private-key":
                return Recognised(Kind.PRIVATE_KEY)
            continue
        try:
            return Recognised(kind, _code_of(read_request(der) if kind is Kind.REQUEST else read_certificate(der)))
        except AnswerRefused:
            continue
    return Recognised(Kind.UNKNOWN)


def _code_of(read: x509.CertificateSigningRequest | x509.Certificate) -> str:
    """Return the check code of the key inside."""
    try:
        return check_code(read.public_key())
    except Exception:  # a key of a kind that the library does not know has no code
        return ""


def _is_der(head: bytes) -> bool:
    return head[:1] == b"\x30" and head[1:2] >= b"\x80"
