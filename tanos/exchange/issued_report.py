"""What an operator sees of a request before and after its certificate is issued."""

from tanos import deeds
from tanos.certificates.issue import Draft
from tanos.certificates.issued import Issued
from tanos.certificates.request import Request
from tanos.exchange.file_names import CERTIFICATE
from tanos.finding import Finding
from tanos.message import N_
from tanos.moments import moment_text
from tanos.operation import Result
from tanos.report import CopyText, Fact, Facts, Mark, Say, Section, Table


def plan_sections(request: Request, draft: Draft | None, earlier: Issued | None) -> tuple[Section, ...]:
    """Return the request, then what will be issued beside what was asked."""
    facts = Facts(
        (
            Fact(N_("subject"), request.subject),
            Fact(N_("names"), ", ".join(request.names)),
            Fact(N_("key"), request.key_words),
            Fact(N_("check code"), request.check_code),
        )
    )
    if draft is None:
        return (facts,)
    if earlier and earlier.certificate:
        return (facts, _earlier(earlier))
    beside = Table(
        (N_("what"), N_("asked"), N_("will be issued")),
        tuple((what, asked or "-", issued or "-") for what, asked, issued in draft.differences),
        empty=N_("Everything is issued as it was asked."),
    )
    valid = Fact(
        N_("valid"),
        N_("from {start} to {end}", start=moment_text(draft.not_before), end=moment_text(draft.not_after)),
    )
    usages = Fact(N_("will be issued for"), ", ".join(draft.usages))
    compare = Say(N_("Does the other terminal show the same check code?"))
    return (facts, beside, Facts((Fact(N_("names issued"), ", ".join(draft.names)), usages, valid)), compare)


def report(request: Request, issued: Issued, already: bool, findings: tuple[Finding, ...], file: str) -> Result:
    """Return the certificate with its evidence."""
    facts = Facts(
        (
            Fact(N_("subject"), issued.subject),
            Fact(N_("names"), ", ".join(issued.names)),
            Fact(N_("serial"), issued.serial),
            Fact(N_("valid until"), issued.not_after),
            Fact(N_("check code"), request.check_code),
        )
    )
    copy = CopyText(
        N_("Certificate for {name}", name=issued.subject),
        issued.certificate,
        request.check_code,
        f"/outgoing/{CERTIFICATE}",
    )
    proceed = Say(N_("Next: on the Zone Server, {import_certificate}.", import_certificate=deeds.IMPORT_CERTIFICATE))
    data = {
        "certificate": issued.certificate,
        "check_code": request.check_code,
        "serial": issued.serial,
        "not_after": issued.not_after,
        "already_issued": already,
        "file": file,
    }
    title = N_("The same certificate again") if already else N_("Certificate issued")
    return Result(title, (facts, copy, proceed), findings, data)


def _earlier(issued: Issued) -> Facts:
    return Facts(
        (
            Fact(N_("issued before"), N_("serial {serial}", serial=issued.serial), Mark.OK),
            Fact(N_("valid until"), issued.not_after),
        )
    )
