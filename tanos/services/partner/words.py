"""What two Tanium Servers say to each other, and what the process is told of the others with its orders.

Invariant: until both trust each other there is one word, a signed record, of a bounded length; a certificate of
another server's root makes nobody a hub here.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from tanos.platform import RELEASES
from tanos.services.connecting import Target
from tanos.services.frames import BadFrame, Frame
from tanos.services.orders import Orders
from tanos.services.protocol import NEW, Hello, Part

TRUST, SYNCHRONISE = "trust", "synchronise"
LIST = "TaniumServerList"
"""The setting that names the other servers."""
TOLD = "partners"
"""Under which name the orders tell of the others."""
LONGEST_RECORD = 8 * 1024
LONGEST_TRUST = 2 * LONGEST_RECORD
"""Bytes of a frame with a record."""
MOST_SERVERS = 8


@dataclass(frozen=True)
class Others:
    """What is known of other Tanium Servers."""

    targets: tuple[Target, ...] = ()
    """Where to go."""
    roots_pem: str = ""
    """The roots of those that are trusted."""

    @classmethod
    def of(cls, orders: Orders) -> "Others":
        """Return what the orders tell."""
        told: Mapping[str, Any] = orders.settings.get(TOLD) or {}
        return cls(tuple(targets(str(told.get("list", "")))), str(told.get("roots", "")))


def targets(text: str) -> Iterator[Target]:
    """Yield the servers of a list; what is none is passed over."""
    for each in text.replace(",", " ").split()[:MOST_SERVERS]:
        try:
            yield Target.read(each)
        except ValueError:
            continue


def letting_in(orders: Orders) -> Orders:
    """Return orders by which who comes may show a certificate of a root of another server that is trusted."""
    return replace(orders, root_pem=orders.root_pem + Others.of(orders).roots_pem)


def ours(certificate: bytes | None, orders: Orders) -> bytes | None:
    """Return a certificate that was shown, where it cannot be one of another server's roots."""
    if certificate is None or not Others.of(orders).roots_pem:
        return certificate
    shown = x509.load_der_x509_certificate(certificate)
    roots = x509.load_pem_x509_certificates(orders.root_pem.encode())
    return certificate if any(_signed(root, shown) for root in roots) else None


def hello(orders: Orders) -> Hello:
    """Return what this server says first."""
    return Hello(Part.SERVER, orders.name, orders.fqdn, NEW, orders.release)


def why_no_server(said: Hello, orders: Orders, *, uses_tls: bool) -> str:
    """Return the id of what keeps another server out; empty where nothing does."""
    if not RELEASES[orders.release].automatic_tls or said.protocol != NEW:
        return "protocol-unknown"
    return "" if uses_tls else "tls-required"


def record_of(frame: Frame) -> str:
    """Return the record in a frame, base64. Raises BadFrame."""
    text = frame.get(TRUST)
    try:
        if len(unpacked(text)) <= LONGEST_RECORD:
            return str(text)
    except ValueError:
        pass
    raise BadFrame("no record")


def packed(data: bytes) -> str:
    """Return bytes as they travel in a frame."""
    return b64encode(data).decode()


def unpacked(text: object) -> bytes:
    """Return the bytes of such a text. Raises ValueError."""
    if not isinstance(text, str):
        raise ValueError("no bytes")
    return b64decode(text, validate=True)


def _signed(root: x509.Certificate, shown: x509.Certificate) -> bool:
    try:
        shown.verify_directly_issued_by(root)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
