"""What a client of 7.4 trusts: root keys, of its init file first, then as its server says.

Invariants: what the server says counts where a key below a trusted root signed it, never one of a lower number than
was heard of that server before; which server speaks is told by the root, never by a word. Each revokes keys below its
own roots alone. A root that its own server ended is never trusted again, and the client is never left without one.
Which roots of *others* there are says whoever was heard last: what a server trusts no more, or knows to have ended,
could reach nobody otherwise.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tanos.certificates.check_code import check_code
from tanos.certificates.request_shape import UNREADABLE
from tanos.certificates.root import is_issued_by
from tanos.certificates.subordinate import signs_messages
from tanos.client_trust.messages import BadMessage, Said, Signed, said_by_key, said_by_root
from tanos.client_trust.root_owners import RootOwners

MOST_SERVERS = 8
MOST_KNOWN = 32
"""Roots to which letters lead, until a message says which there are."""
AHEAD = timedelta(days=1)
"""Numbers are seconds: who was trusted once cannot keep what a server says later out for longer."""


class Trust:
    """Of one client."""

    def __init__(self, roots: Sequence[x509.Certificate]) -> None:
        self._roots = {check_code(root.public_key()): root for root in roots}
        self._owners = RootOwners({}, {})
        self._owners.given(roots)
        self._heard: dict[str, int] = {}
        """The last number, by whose root vouched for it."""
        self._revoked: dict[str, frozenset[str]] = {}
        """By the same."""

    @property
    def revoked(self) -> frozenset[str]:
        """Identifiers of keys below the roots, by any server that was heard: where nobody knows below which."""
        return frozenset().union(*self._revoked.values())

    def revokes(self, identifier: str, root: x509.Certificate) -> bool:
        """Say whether the server of that root revoked a key below it."""
        return identifier in self._revoked.get(self._owners.owner(root), ())

    @property
    def roots(self) -> tuple[x509.Certificate, ...]:
        """Those that are trusted now."""
        return tuple(self._roots.values())

    @property
    def pem(self) -> str:
        """The same as text."""
        return "".join(root.public_bytes(Encoding.PEM).decode() for root in self.roots)

    def believe(self, signed: Signed, now: datetime) -> Said:
        """Go by a message from now on; return what it says.

        Raises BadMessage `wrong-issuer`, `key-revoked`, `key-expired`, `signature-wrong`, `not-understood`, `old`.
        """
        try:
            certificate = x509.load_der_x509_certificate(signed.certificate)
            issuer = next((root for root in self.roots if is_issued_by(certificate, root)), None)
            if issuer is None or not signs_messages(certificate):
                raise BadMessage("wrong-issuer")
            identifier = own_identifier(certificate)
        except (*UNREADABLE, x509.ExtensionNotFound) as error:
            raise BadMessage("wrong-issuer") from error
        if self.revokes(identifier, issuer):
            raise BadMessage("key-revoked")
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise BadMessage("key-expired")
        said = said_by_key(signed, certificate)
        if identifier in said.revoked:
            raise BadMessage("key-revoked")
        if said.number > (now + AHEAD).timestamp():
            raise BadMessage("not-understood")
        if said.number < self._heard.get(self._owners.owner(issuer), 0):
            raise BadMessage("old")
        self._go_by(said, issuer)
        return said

    def follow(self, signed: Signed) -> bool:
        """Trust the roots that a root trusted here says follow it; say whether that is news.

        Raises BadMessage, `too-many` where one that is broken names them without end.
        """
        said, root = said_by_root(signed, self.roots)
        known, owners = set(self._roots), self._owners.copy()
        owners.named(said.roots, root)
        roots = self._roots | _allowed(said.roots, owners)
        if len(roots) > MOST_KNOWN:
            raise BadMessage("too-many")
        self._owners, self._roots = owners, roots
        return set(roots) != known

    def given(self, roots: Sequence[x509.Certificate]) -> None:
        """Trust these as well, which an operator gave: but for those that ended."""
        self._owners.given(roots)
        self._roots |= _allowed(roots, self._owners)

    def _go_by(self, said: Said, issuer: x509.Certificate) -> None:
        owners = self._owners.copy()
        owners.named(said.roots, issuer)
        owners.end(said.ended, issuer, self._roots)
        allowed = _allowed(said.roots, owners)
        if not allowed:
            raise BadMessage("not-understood")
        self._owners, self._roots = owners, allowed
        speaker = owners.owner(issuer)
        self._heard = {**self._heard, speaker: said.number}
        self._revoked = {**self._revoked, speaker: said.revoked}
        while len(self._heard) > MOST_SERVERS:
            gone = self._least_needed(speaker)
            del self._heard[gone], self._revoked[gone]

    def _least_needed(self, speaker: str) -> str:
        """Return whose words are forgotten first: of who is trusted no more, then of who was heard of last."""
        trusted = {self._owners.owner(root) for root in self.roots}
        others = [each for each in self._heard if each != speaker]
        return next((each for each in others if each not in trusted), others[-1])

    def as_data(self) -> dict[str, Any]:
        """Return what is kept from one run to the next."""
        roots = [b64encode(each.public_bytes(Encoding.DER)).decode() for each in self.roots]
        revoked = {server: sorted(each) for server, each in self._revoked.items()}
        return {"roots": roots, **self._owners.as_data(), "heard": self._heard, "revoked": revoked}

    @classmethod
    def kept(cls, data: Mapping[str, Any]) -> "Trust":
        """Return what was kept. Raises ValueError where it cannot be read."""
        try:
            trust = cls([x509.load_der_x509_certificate(b64decode(each)) for each in data["roots"]])
            trust._owners = RootOwners.kept(data)
            if "met" not in data:
                trust._owners.given(trust.roots)
            trust._heard = {str(name): int(number) for name, number in data["heard"].items()}
            trust._revoked = {name: frozenset(map(str, data["revoked"][name])) for name in trust._heard}
        except (*UNREADABLE, KeyError, AttributeError) as error:
            raise ValueError("no trust") from error
        if not trust.roots:
            raise ValueError("no trust")
        return trust


def _allowed(roots: Sequence[x509.Certificate], owners: RootOwners) -> dict[str, x509.Certificate]:
    return {check_code(root.public_key()): root for root in roots if not owners.is_ended(root)}


def own_identifier(certificate: x509.Certificate) -> str:
    """Return what a certificate says of its own key, hexadecimal. Raises ExtensionNotFound, ValueError."""
    return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest.hex()
