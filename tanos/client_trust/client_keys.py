"""The TLS key of a client of 7.4: made by itself, signed by an intermediate key, renewed before its end.

Invariants: the key is written nowhere; it is shown only with a certificate that goes back to a root that is trusted
now, by an intermediate that nobody revoked. A next key takes the place of the present one only once it is certified.

Rule (seed 001): a key lives seven days and is renewed four hours before its end, unless the settings say otherwise.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tanos.certificates.check_code import spki_of
from tanos.certificates.request_shape import UNREADABLE
from tanos.certificates.root import is_issued_by, may_issue
from tanos.certificates.subordinate import may_have_intermediates
from tanos.client_trust.intermediate import client_name, new_key, request_for
from tanos.client_trust.trust import Trust, own_identifier


class NotOurs(ValueError):
    """What came back for a request is not believed; its text says why."""


class Certified(NamedTuple):
    """A key with what vouches for it."""

    key: ec.EllipticCurvePrivateKey
    leaf: x509.Certificate
    intermediate: x509.Certificate

    @property
    def pem(self) -> str:
        """Certificates and key, as text: what is shown to neighbours."""
        chain = self.leaf.public_bytes(Encoding.PEM) + self.intermediate.public_bytes(Encoding.PEM)
        return (chain + self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())).decode()


class ClientKey:
    """Of one client."""

    def __init__(self, client_id: str) -> None:
        self._id = client_id
        self._next: ec.EllipticCurvePrivateKey | None = None
        self.certified: Certified | None = None

    def due_at(self, trust: Trust, now: datetime, window: timedelta) -> datetime:
        """Return when another one is needed: now where none is there, or what vouches for it does no more."""
        held = self.certified
        if held is None or why_not_believed(held.leaf, held.intermediate, trust, now):
            return now
        life = held.leaf.not_valid_after_utc - held.leaf.not_valid_before_utc
        return held.leaf.not_valid_after_utc - min(window, life / 2)

    def is_due(self, trust: Trust, now: datetime, window: timedelta) -> bool:
        """Say whether another one is needed now."""
        return now >= self.due_at(trust, now, window)

    def request(self) -> bytes:
        """Return a request for the next key, DER, the same key until it is certified."""
        self._next = self._next or new_key()
        return request_for(self._next)

    def take(self, leaf: bytes, intermediate: bytes, trust: Trust, now: datetime) -> None:
        """Have the next key, which is certified, be the present one. Raises NotOurs; then the present one stays."""
        try:
            found = x509.load_der_x509_certificate(leaf), x509.load_der_x509_certificate(intermediate)
            is_own = self._next is not None and spki_of(found[0].public_key()) == spki_of(self._next.public_key())
        except UNREADABLE as error:
            raise NotOurs("not-a-certificate") from error
        if self._next is None or not is_own or found[0].subject != client_name(self._id):
            raise NotOurs("key-mismatch")
        if reason := why_not_believed(*found, trust, now):
            raise NotOurs(reason)
        self.certified, self._next = Certified(self._next, *found), None

    def forget(self, trust: Trust, now: datetime) -> bool:
        """Give the present key up where nothing vouches for it any more; say whether that was so."""
        held = self.certified
        if held is None or not why_not_believed(held.leaf, held.intermediate, trust, now):
            return False
        self.certified = None
        return True


def why_not_believed(leaf: x509.Certificate, intermediate: x509.Certificate, trust: Trust, now: datetime) -> str:
    """Return the id of what keeps a client's certificate from being believed; empty where nothing does."""
    try:
        leaf.verify_directly_issued_by(intermediate)
        length = intermediate.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length
        identifier = own_identifier(intermediate)
        is_authority = may_issue(leaf)
    except (*UNREADABLE, InvalidSignature, x509.ExtensionNotFound):
        return "wrong-issuer"
    if not may_issue(intermediate) or length != 0 or is_authority:
        return "wrong-issuer"
    issuers = [root for root in trust.roots if may_have_intermediates(root) and is_issued_by(intermediate, root)]
    if not issuers:
        return "wrong-issuer"
    if trust.revokes(identifier, issuers[0]):
        return "key-revoked"
    dates = [(each.not_valid_before_utc, each.not_valid_after_utc) for each in (leaf, intermediate)]
    return "" if all(begin <= now <= end for begin, end in dates) else "expired"


def is_client(der: bytes, client_id: str, trust: Trust) -> bool:
    """Say whether a certificate that a neighbour showed, and whose chain TLS verified, is of that client.

    TLS knows roots and dates, not what is revoked: the leaf names the intermediate that signed it, and the client.
    """
    try:
        leaf, revoked = x509.load_der_x509_certificate(der), trust.revoked
        issuer = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
        is_revoked = client_id in revoked or not issuer or issuer.hex() in revoked
        return not is_revoked and leaf.subject == client_name(client_id)
    except (*UNREADABLE, x509.ExtensionNotFound):
        return False
