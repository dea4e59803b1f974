"""One code on both terminals proves that a request or certificate arrived whole.

Invariant: the code depends on nothing but the DER SubjectPublicKeyInfo, so that the request, the certificate and the
private key of one pair always show the same, however the text was wrapped on its way.
"""

import hashlib
import hmac
import re

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

GROUPS = 8
_UNCOMPRESSED = tuple(
    map(
        bytes.fromhex,
        (
            "3059301306072a8648ce3d020106082a8648ce3d03010703420004",
            "3076301006072a8648ce3d020106052b8104002203620004",
            "30819b301006072a8648ce3d020106052b810400230381860004",
        ),
    )
)
"""How a key on P-256, P-384 or P-521 begins in the one form in which it is compared (RFC 5480 2)."""
_CODE_DIGITS, _SHA256_DIGITS = 32, 64
_BETWEEN_DIGITS = re.compile(r"[^0-9A-Za-z]")
_IGNORED = str.maketrans("", "", "-: \t\r\n")


def spki_of(public_key: PublicKeyTypes) -> bytes:
    """Return the DER SubjectPublicKeyInfo of a key."""
    return public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def spki_as_sent(public_key: PublicKeyTypes, sent: bytes) -> bytes:
    """Return the same as `spki_of`, given what the key was read from; a common key is not encoded again."""
    return sent if sent.startswith(_UNCOMPRESSED) else spki_of(public_key)


def code_of_spki(spki: bytes) -> str:
    """Return the first 128 bits of SHA-256 over `spki` as eight groups: `1A2B-3C4D-…`."""
    digits = hashlib.sha256(spki).hexdigest()[: GROUPS * 4].upper()
    return "-".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def check_code(public_key: PublicKeyTypes) -> str:
    """Return the check code of a public key."""
    return code_of_spki(spki_of(public_key))


def same_check_code(a: str, b: str) -> bool:
    """Compare two codes in constant time; case, dashes, colons and space do not matter."""
    return hmac.compare_digest(_digits(a), _digits(b))


def is_demanded(demanded: str, code: str, sha256: str) -> bool:
    """Say whether what somebody was told is this check code or this SHA-256, however it is written."""
    digits = _BETWEEN_DIGITS.sub("", demanded.strip().removeprefix("SHA256:")).upper()
    if len(digits) == _CODE_DIGITS:
        return same_check_code(code, digits)
    return len(digits) == _SHA256_DIGITS and hmac.compare_digest(sha256.replace(":", "").encode(), digits.encode())


def fingerprint(certificate: x509.Certificate) -> str:
    """Return the SHA-256 fingerprint of a certificate as hex with colons."""
    return certificate.fingerprint(SHA256()).hex(":").upper()


def _digits(code: str) -> bytes:
    return code.translate(_IGNORED).upper().encode()
