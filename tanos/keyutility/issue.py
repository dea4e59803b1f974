"""`reporting-tls-issue`: a certificate for a server of the platform, signed by a root key that lies in a file.

Invariants: request and root are judged by the rules of an appliance, which alone decide what is issued. A certificate
for another key is not replaced unless that was told.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509

from tanos.certificates.check_code import spki_of
from tanos.certificates.dates import shown_time
from tanos.certificates.issue import Draft, draft_certificate
from tanos.certificates.own_names import examine_root_name
from tanos.certificates.request import Request, examine_request, pem_of
from tanos.certificates.request_shape import UNREADABLE
from tanos.errors import AnswerRefused
from tanos.files import read_given
from tanos.finding import Finding, note, refusals, warn
from tanos.inert import inert
from tanos.keyutility.places import Place, check_places, write_all
from tanos.keyutility.root_key import OpenRoot, open_root
from tanos.message import N_
from tanos.moments import moment_text
from tanos.operation import Result
from tanos.pasting.awaited import Awaited
from tanos.pasting.intake import read_file
from tanos.pasting.text import PASTE_LIMIT
from tanos.report import Fact, Facts


@dataclass(frozen=True)
class IssueWanted:
    """What is asked for."""

    csr: Path
    out: Path
    root_key: Path
    root_certificate: Path | None = None
    """None: what lies beside the key."""
    days: int = 3650
    overwrite: bool = False


def issue(wanted: IssueWanted, now: datetime) -> Result:
    """Issue it. Raises AnswerRefused by the ids of `examine_request`, `open_root` and `check_places`."""
    intake = read_file(read_given(wanted.csr, PASTE_LIMIT), Awaited.REQUEST)
    request, found = examine_request(intake.ders[0])
    root = open_root(wanted.root_key, wanted.root_certificate, now)
    draft = draft_certificate(request, root.held.certificate, now=now, life=timedelta(days=wanted.days))
    found += (*root.findings, *examine_root_name(request, root.held.certificate), *_cut(draft, wanted.days, now))
    if refusals(found):
        raise AnswerRefused.because(*found)
    place = Place(wanted.out, may_replace=_is_for(request))
    extra = [root.made] if root.made else []
    found += tuple(_made(made.path) for made, _ in extra)
    read = [each for each in (wanted.csr, wanted.root_key, wanted.root_certificate) if each]
    replaced = check_places([place, *(made for made, _ in extra)], read=read, overwrite=wanted.overwrite)
    pem = pem_of(root.held.sign(draft.tbs), "CERTIFICATE")
    write_all([*extra, (place, pem.encode())], replaced)
    return Result(
        N_("Successfully issued new certificate: '{path}'", path=inert(str(wanted.out))),
        (Facts(tuple(Fact(N_("repaired"), repair) for repair in intake.repairs)),) if intake.repairs else (),
        found,
        _data(wanted, root, draft, pem),
    )


def _data(wanted: IssueWanted, root: OpenRoot, draft: Draft, pem: str) -> dict[str, Any]:
    return {
        "certificate": pem,
        "check_code": draft.request.check_code,
        "serial": draft.serial.to_bytes((draft.serial.bit_length() + 7) // 8).hex().upper(),
        "subject": draft.subject,
        "names": list(draft.names),
        "issuer": root.held.certificate.subject.rfc4514_string(),
        "not_after": moment_text(draft.not_after),
        "certificate_file": str(wanted.out),
        "root_certificate_file": str(root.made[0].path) if root.made else None,
    }


def _cut(draft: Draft, days: int, now: datetime) -> tuple[Finding, ...]:
    if draft.not_after >= now - timedelta(seconds=1) + timedelta(days=days):
        return ()
    message = N_("The root ends on {end}, and with it what it signs.", end=shown_time(draft.not_after))
    return (warn("ends-with-root", message, N_("Have it issued again by the next root before that day.")),)


def _made(path: Path) -> Finding:
    return note(
        "root-made",
        N_("Beside the key lay no certificate of the root: {path} is made.", path=inert(str(path))),
        N_("Who verifies what this root signs needs it."),
    )


def _is_for(request: Request) -> Callable[[bytes], bool]:
    """Return what says of a file whether it is an earlier certificate for the same key."""

    def is_earlier(there: bytes) -> bool:
        try:
            return spki_of(x509.load_pem_x509_certificate(there).public_key()) == request.spki
        except UNREADABLE:
            return False

    return is_earlier
