"""Public keys in the SSH wire form (RFC 4253 §6.6, RFC 5656, RFC 8709, OpenSSH PROTOCOL.u2f), read strictly.

Invariant: a blob that `read_blob` takes is the one canonical encoding of a usable key, so that its fingerprint
is the one that every other program computes. Trailing bytes, unusual integers and points off their curve are
refused.
"""

from collections.abc import Callable
from functools import partial

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec

from tanos.certificates.key_strength import LEAST_RSA_BITS, why_broken
from tanos.keys.edwards import is_safe_point
from tanos.known_keys.judging import known_by
from tanos.known_keys.marks import Marks, number_marks, rsa_marks
from tanos.message import Message
from tanos.ssh_wire import BadBlob, Reader

MOST_RSA_BITS = 16384
_CURVES: dict[str, tuple[ec.EllipticCurve, int]] = {
    "nistp256": (ec.SECP256R1(), 256),
    "nistp384": (ec.SECP384R1(), 384),
    "nistp521": (ec.SECP521R1(), 521),
}


class WeakBlob(Exception):
    """A well-formed key that nobody should trust.

    `bits` is its size, `reason` by which known fault it is broken, `source` where its private half is published.
    """

    def __init__(self, bits: int, reason: Message | None = None, source: str = "") -> None:
        super().__init__(bits)
        self.bits, self.reason, self.source = bits, reason, source


def blob_type(blob: bytes) -> str:
    """Return the type word that a blob begins with. Raises BadBlob."""
    try:
        return Reader(blob).string().decode("ascii")
    except UnicodeDecodeError:
        raise BadBlob from None


def read_blob(blob: bytes) -> int:
    """Return the size in bits of the key in `blob`, as `ssh-keygen -l` counts it.

    Raises BadBlob where it is not one whole canonical key of an accepted type, WeakBlob where it is too weak.
    """
    reader = Reader(blob)
    read = ACCEPTED.get(blob_type(blob))
    reader.string()
    if read is None:
        raise BadBlob
    bits = read(reader)
    if not reader.is_done:
        raise BadBlob
    return bits


def _rsa(reader: Reader) -> int:
    exponent, modulus = reader.positive(), reader.positive()
    bits = modulus.bit_length()
    if bits > MOST_RSA_BITS:
        raise BadBlob
    reason = None if bits < LEAST_RSA_BITS else why_broken(modulus, exponent)
    if bits < LEAST_RSA_BITS or reason:
        raise WeakBlob(bits, reason)
    return _unknown(bits, rsa_marks(modulus, exponent))


def _ecdsa(reader: Reader, name: str) -> int:
    curve = reader.string()
    point = reader.string()
    if curve != name.encode() or not point.startswith(b"\4"):
        raise BadBlob
    on, bits = _CURVES[name]
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(on, point)
    except (ValueError, UnsupportedAlgorithm):
        raise BadBlob from None
    return _unknown(bits, number_marks(int.from_bytes(point[1 : len(point) // 2 + 1])))


def _ed25519(reader: Reader) -> int:
    point = reader.string()
    if len(point) != 32:
        raise BadBlob
    if not is_safe_point(point):
        raise WeakBlob(256)
    return _unknown(256, number_marks(int.from_bytes(point)))


def _unknown(bits: int, marks: Marks) -> int:
    """Return the size of a key that not everybody has. Raises WeakBlob."""
    source = known_by(marks)
    if source:
        raise WeakBlob(bits, source=source)
    return bits


def _sk_ed25519(reader: Reader) -> int:
    bits = _ed25519(reader)
    _application(reader)
    return bits


def _sk_ecdsa(reader: Reader) -> int:
    bits = _ecdsa(reader, "nistp256")
    _application(reader)
    return bits


def _application(reader: Reader) -> None:
    try:
        if not reader.string().decode():
            raise BadBlob
    except UnicodeDecodeError:
        raise BadBlob from None


ACCEPTED: dict[str, Callable[[Reader], int]] = {
    "ssh-ed25519": _ed25519,
    "ssh-rsa": _rsa,
    "ecdsa-sha2-nistp256": partial(_ecdsa, name="nistp256"),
    "ecdsa-sha2-nistp384": partial(_ecdsa, name="nistp384"),
    "ecdsa-sha2-nistp521": partial(_ecdsa, name="nistp521"),
    "sk-ssh-ed25519@openssh.com": _sk_ed25519,
    "sk-ecdsa-sha2-nistp256@openssh.com": _sk_ecdsa,
}
