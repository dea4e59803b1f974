"""What a client of 7.4 trusts: root keys, of its init file first, then as its server says.

Invariants: what the server says counts where a key below a trusted root signed it, never one of a lower number than
was heard of that server before; a root that ended is never trusted again, whoever says so, and the client is never
left without one.
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
from tanos.subordinate.messages import MOST_ENDED, BadMessage, Said, Signed, said_by_key, said_by_root

MOST_SERVERS = 8
AHEAD = timedelta(days=1)
"""Numbers are seconds: who was trusted once cannot keep what a server says later out for longer."""


class Trust:
    """Of one client."""

    def __init__(self, roots: Sequence[x509.Certificate]) -> None:
        self._roots = {check_code(root.public_key()): root for root in roots}
        self._ended: frozenset[str] = frozenset()
        self._heard: dict[str, int] = {}
        """The last number, by server."""
        self._revoked: dict[str, frozenset[str]] = {}
        """By the server that said so."""

    @property
    def revoked(self) -> frozenset[str]:
        """Identifiers of keys below the roots, by any server that was heard."""
        return frozenset().union(*self._revoked.values())

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
            if not signs_messages(certificate) or not any(is_issued_by(certificate, root) for root in self.roots):
                raise BadMessage("wrong-issuer")
            identifier = own_identifier(certificate)
        except (*UNREADABLE, x509.ExtensionNotFound) as error:
            raise BadMessage("wrong-issuer") from error
        if identifier in self.revoked:
            raise BadMessage("key-revoked")
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise BadMessage("key-expired")
        said = said_by_key(signed, certificate)
        if identifier in said.revoked:
            raise BadMessage("key-revoked")
        if said.number > (now + AHEAD).timestamp():
            raise BadMessage("not-understood")
        if said.number < self._heard.get(said.server, 0):
            raise BadMessage("old")
        self._go_by(said)
        return said

    def follow(self, signed: Signed) -> bool:
        """Trust the roots that a root trusted here says follow it; say whether that is news. Raises BadMessage."""
        said = said_by_root(signed, self.roots)
        known = set(self._roots)
        self._roots |= self._allowed(said)
        return set(self._roots) != known

    def given(self, roots: Sequence[x509.Certificate]) -> None:
        """Trust these as well, which an operator gave: but for those that ended."""
        found = {check_code(root.public_key()): root for root in roots}
        self._roots |= {code: root for code, root in found.items() if code not in self._ended}

    def _go_by(self, said: Said) -> None:
        ended = self._ended | said.ended
        allowed = {code: root for code, root in self._allowed(said).items() if code not in ended}
        if not allowed:
            raise BadMessage("not-understood")
        self._ended = frozenset(sorted(ended)[:MOST_ENDED])
        self._roots = allowed
        self._heard = {**self._heard, said.server: said.number}
        self._revoked = {**self._revoked, said.server: said.revoked}
        while len(self._heard) > MOST_SERVERS:
            first = next(iter(self._heard))
            del self._heard[first], self._revoked[first]

    def _allowed(self, said: Said) -> dict[str, x509.Certificate]:
        found = {check_code(root.public_key()): root for root in said.roots}
        return {code: root for code, root in found.items() if code not in self._ended}

    def as_data(self) -> dict[str, Any]:
        """Return what is kept from one run to the next."""
        roots = [b64encode(each.public_bytes(Encoding.DER)).decode() for each in self.roots]
        revoked = {server: sorted(each) for server, each in self._revoked.items()}
        return {"roots": roots, "ended": sorted(self._ended), "heard": self._heard, "revoked": revoked}

    @classmethod
    def kept(cls, data: Mapping[str, Any]) -> "Trust":
        """Return what was kept. Raises ValueError where it cannot be read."""
        try:
            trust = cls([x509.load_der_x509_certificate(b64decode(each)) for each in data["roots"]])
            trust._ended = frozenset(map(str, data["ended"]))
            trust._heard = {str(name): int(number) for name, number in data["heard"].items()}
            trust._revoked = {name: frozenset(map(str, data["revoked"][name])) for name in trust._heard}
        except (*UNREADABLE, KeyError, AttributeError) as error:
            raise ValueError("no trust") from error
        if not trust.roots:
            raise ValueError("no trust")
        return trust


def own_identifier(certificate: x509.Certificate) -> str:
    """Return what a certificate says of its own key, hexadecimal. Raises ExtensionNotFound, ValueError."""
    return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest.hex()
