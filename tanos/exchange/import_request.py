"""Import Cert Request: the Tanium Server examines a request and its root answers with a certificate.

Invariant: the serial is durable before the root signs, and the certificate is durable before anyone sees it. The
same request gives the same certificate. Nothing here writes where the server's own pair lies, and a request for
one of the server's own keys or names is refused.
"""

import contextlib

from cryptography import x509

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.issue import draft_certificate
from tanos.certificates.issued import (
    ISSUING,
    Issued,
    begin_issue,
    find_issued,
    keep_certificate,
    serial_text,
    take_serial,
)
from tanos.certificates.request import Request, pem_of
from tanos.dropbox import put_outgoing, read_incoming
from tanos.errors import Damaged, HalfDone, TanosError
from tanos.exchange import ledger
from tanos.exchange.arrivals import choose_request
from tanos.exchange.examining import Answer, Examiner, peer_of
from tanos.exchange.file_names import CERTIFICATE, certificate_name
from tanos.exchange.held_root import needed_root
from tanos.exchange.hub_tls import hub_without_tls
from tanos.exchange.issued_report import plan_sections, report
from tanos.exchange.ledger import Side
from tanos.exchange.sources import told_repairs
from tanos.keeper import keeper_of
from tanos.message import N_, Message
from tanos.moments import moment_text
from tanos.operation import Operation, Plan, Result, Tell
from tanos.pasting.awaited import Awaited
from tanos.pasting.intake import Intake, read_file, read_pasted
from tanos.store.begun import Doing, abandon


async def prepare(call: Call, *, source: str = "incoming", file: str = "", text: bytes = b"") -> Plan[Answer]:
    """Read and examine a request of `/incoming` (`file`) or a pasted one (`text`); draft its certificate."""
    root = needed_root(call.appliance)
    if source == "paste":
        return _plan(call.appliance, root, read_pasted(text, Awaited.REQUEST), N_("the paste"))
    name = file or choose_request(call.appliance)
    intake = read_file(read_incoming(call.appliance, name), Awaited.REQUEST)
    return _plan(call.appliance, root, intake, N_("/incoming/{name}", name=name))


async def apply(call: Call, plan: Plan[Answer], tell: Tell) -> Result:
    """Take a serial, sign, write the certificate down, put it into `/outgoing`."""
    answer = plan.payload
    certificate = answer.earlier if answer.already_issued else None
    if certificate is None:
        tell(N_("Signing …"))
        answer = _reserve(call, answer)
        certificate = answer.earlier if answer.already_issued else _sign(call, answer)
    else:
        _offer_again(call, answer, certificate)
    assert certificate is not None
    file = _publish(call.appliance, answer.request, certificate)
    findings = (*answer.findings, *hub_without_tls(call.appliance))
    return report(answer.request, certificate, answer.already_issued, findings, file)


def _plan(appliance: Appliance, root: x509.Certificate, intake: Intake, origin: Message) -> Plan[Answer]:
    answer = Examiner(appliance, root).examine(intake.ders[0])
    request, draft = answer.request, answer.draft
    data = {
        "check_code": request.check_code,
        "subject": request.subject,
        "names": list(request.names),
        "key": request.key_words,
        "already_issued": answer.already_issued,
    }
    if draft:
        data["serial"] = answer.earlier.serial if answer.earlier else serial_text(draft.serial)
        data["not_after"] = answer.earlier.not_after if answer.earlier else moment_text(draft.not_after)
    sections = (*told_repairs(origin, intake), *plan_sections(request, draft, answer.earlier))
    title = N_("Issue a certificate for {subject}", subject=request.subject)
    return Plan(title, answer, sections, answer.findings, data)


def _reserve(call: Call, answer: Answer) -> Answer:
    """Make the serial durable; another session may have taken one for the same request, or even signed."""
    assert answer.draft
    request, appliance = answer.request, call.appliance
    with appliance.store.change(call, about=request.check_code) as change:
        earlier = find_issued(appliance, answer.issuer_key, answer.draft, request.check_code)
        if earlier is None:
            take_serial(change, answer.issuer_key, request, answer.draft)
            ledger.begin(
                change, Side.ISSUER, request.check_code, request.subject, "verified", peer_of(appliance, request)
            )
        elif earlier.certificate:
            change.before = change.after = f"serial {earlier.serial}"
        else:
            begin_issue(change, request.check_code, earlier.serial)
    draft = answer.draft
    if earlier and earlier.serial != serial_text(draft.serial):
        root = needed_root(appliance)
        draft = draft_certificate(request, root, now=appliance.clock(), serial=int(earlier.serial, 16))
    return Answer(request, draft, answer.issuer_key, earlier, answer.findings)


def _sign(call: Call, answer: Answer) -> Issued:
    assert answer.draft
    check_code, serial = answer.request.check_code, serial_text(answer.draft.serial)
    try:
        pem = pem_of(keeper_of(call.appliance).sign_certificate(answer.draft.tbs), "CERTIFICATE")
    except Exception:
        with contextlib.suppress(TanosError):
            abandon(ISSUING, call, Doing(check_code, serial, check_code, "", f"serial {serial}"))
        raise
    with call.appliance.store.change(call, about=check_code) as change:
        issued = keep_certificate(change, answer.draft, pem)
        ledger.begin(
            change,
            Side.ISSUER,
            check_code,
            answer.request.subject,
            "issued",
            peer_of(call.appliance, answer.request),
        )
    return issued


def _offer_again(call: Call, answer: Answer, issued: Issued) -> None:
    with call.appliance.store.change(call, about=answer.request.check_code) as change:
        change.before = change.after = f"serial {issued.serial}"


def _publish(appliance: Appliance, request: Request, issued: Issued) -> str:
    file = certificate_name(appliance, Side.ISSUER, request.check_code)
    try:
        for name in (file, CERTIFICATE):
            put_outgoing(appliance, name, issued.certificate.encode())
    except Damaged as error:
        raise HalfDone(
            "not-published",
            N_("Certificate {serial} is issued and kept, but /outgoing could not be written.", serial=issued.serial),
            N_("Check free space; then import the same request again: the same certificate is offered."),
        ) from error
    return file


IMPORT_REQUEST = Operation(prepare, apply)
