"""What the root signs: a certificate is drafted byte for byte, shown, and exactly these bytes are signed.

Invariant: the preview is the certificate. Draft.tbs is the TBSCertificate; signing adds the signature and nothing
else. The profile decides everything but the names; from the request come key, names and the readable subject.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from cryptography import x509

from tanos.certificates.asked import purpose_word
from tanos.certificates.names import show_names
from tanos.certificates.profile import USAGES_ISSUED, encode_tbs, issued_subject, issuer_facts, subject_text
from tanos.certificates.request import Request
from tanos.message import N_, Message

BACKDATED = timedelta(minutes=5)
LIFE = timedelta(days=3650)


@dataclass(frozen=True)
class Draft:
    """A certificate that awaits the root's signature; its texts are made when they are first shown."""

    tbs: bytes
    """The DER TBSCertificate: what will be signed."""
    request: Request
    attributes: tuple[x509.NameAttribute[str | bytes], ...]
    """The subject as it is issued."""
    not_before: datetime
    not_after: datetime
    serial: int
    usages: tuple[str, ...] = USAGES_ISSUED

    @cached_property
    def subject(self) -> str:
        """The subject as it is issued, RFC 4514."""
        return subject_text(self.attributes)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The subject alternative names as they are issued."""
        return show_names(self.request.to_issue)

    @cached_property
    def differences(self) -> tuple[tuple[Message, str, str], ...]:
        """What, as asked, as issued: only where they differ."""
        return tuple(_differences(self.request, self.names, self.subject))


def draft_certificate(
    request: Request, root: x509.Certificate, *, now: datetime, life: timedelta = LIFE, serial: int | None = None
) -> Draft:
    """Draft the certificate under `root`: valid from five minutes ago for `life`, never beyond the root.

    `request` had no refusing finding. The serial number is random (RFC 5280 4.1.2.2) unless an unfinished issue
    already recorded one.
    """
    now = (now if now.tzinfo is UTC else now.astimezone(UTC)) - timedelta(microseconds=now.microsecond)
    issuer = issuer_facts(root)
    not_before = max(now - BACKDATED, issuer.not_before)
    not_after = min(now + life, issuer.not_after)
    serial = serial or x509.random_serial_number()
    attributes = issued_subject(request.asked, request.to_issue)
    tbs = encode_tbs(
        issuer=issuer,
        serial=serial,
        not_before=not_before,
        not_after=not_after,
        subject=attributes,
        spki=request.spki,
        names=request.to_issue,
    )
    return Draft(tbs, request, attributes, not_before, not_after, serial)


def _differences(request: Request, names: tuple[str, ...], subject: str) -> Iterator[tuple[Message, str, str]]:
    asked = request.asked
    purposes = (*asked.usages, *(purpose_word(oid) for oid in asked.purposes))
    if request.subject != subject:
        yield N_("Subject"), request.subject, subject
    if request.names != names:
        yield N_("Names"), ", ".join(request.names), ", ".join(names)
    if set(purposes) != set(USAGES_ISSUED):
        yield N_("Usages"), ", ".join(purposes), ", ".join(USAGES_ISSUED)
    if asked.others:
        yield N_("Other extensions"), ", ".join(asked.others), ""
