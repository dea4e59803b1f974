"""What a request asks for that is made as it is here: one common name, host names, the purposes of the profile.

Invariant: read is only what, written again from what was read, gives the same bytes; everything else is left to the
library. So a length or an order is never believed, and nothing passes here that the library would refuse.
"""

import re

from cryptography import x509
from cryptography.x509.oid import NameOID

from tanos.certificates.asked import Asked
from tanos.certificates.profile import PURPOSES_ISSUED, USAGE_AND_PURPOSES, USAGE_ISSUED, encode_alt_names
from tanos.certificates.request_shape import Pieces
from tanos.der import SEQUENCE, SET, tlv

_EXTENSIONS_ASKED = bytes.fromhex("06092a864886f70d01090e")
"""The attribute extensionRequest (RFC 2985 5.4.2)."""
_NAME_AT, _LONGEST = 13, 64
_HOST = re.compile(rb"\x82.([A-Za-z0-9.-]+)", re.DOTALL)


def plain_asked(pieces: Pieces) -> Asked | None:
    """Return what a request asks for, or None where the library has to read it."""
    name = pieces.subject[_NAME_AT:]
    if not 1 <= len(name) <= _LONGEST or not name.isascii() or pieces.subject != _subject(name):
        return None
    names = tuple(x509.DNSName(host.decode()) for host in _HOST.findall(pieces.attributes))
    extensions = tlv(SEQUENCE, USAGE_AND_PURPOSES, encode_alt_names(names))
    if not names or pieces.attributes != tlv(0xA0, tlv(SEQUENCE, _EXTENSIONS_ASKED, tlv(SET, extensions))):
        return None
    text = name.decode()
    attribute = x509.NameAttribute[str | bytes](NameOID.COMMON_NAME, text)
    return Asked((attribute,), (text,), names, USAGE_ISSUED, PURPOSES_ISSUED, wants_ca=False, others=())


def _subject(name: bytes) -> bytes:
    """Return a subject of one common name, as UTF8String; so short that each length is one octet."""
    size = len(name)
    return b"\x30%c\x31%c\x30%c\x06\x03\x55\x04\x03\x0c%c%b" % (size + 11, size + 9, size + 7, size, name)
