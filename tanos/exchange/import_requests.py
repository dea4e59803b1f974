"""Import Cert Request, of everything that waits in `/incoming`: each request is judged, and what is good is answered.

Invariant: a request that is refused keeps no other from its certificate, and is told with its reason. What is typed
is how many are answered: the check codes that the Plan shows are compared by whoever types it.
"""

from dataclasses import dataclass
from typing import Any

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.issued import Issued
from tanos.dropbox import incoming_files, put_outgoing, read_incoming
from tanos.errors import AnswerRefused, Damaged, HalfDone, NotYet
from tanos.exchange.arrivals import SUFFIXES
from tanos.exchange.examining import Answer, Examiner
from tanos.exchange.file_names import certificate_name
from tanos.exchange.held_root import needed_root
from tanos.exchange.hub_tls import hub_without_tls
from tanos.exchange.issuing import issue_all
from tanos.exchange.ledger import Side
from tanos.finding import Finding, Severity, refusals, warn
from tanos.message import N_
from tanos.operation import NOTHING_TO_DO, Confirmation, Operation, Plan, Result, Tell
from tanos.pasting.awaited import Awaited
from tanos.pasting.intake import read_file
from tanos.report import Say, Section, Table, Words


@dataclass(frozen=True)
class Given:
    """One file of `/incoming`."""

    file: str
    answer: Answer | None
    """None where it could not be read as a request."""
    refused: tuple[Finding, ...] = ()

    @property
    def waits(self) -> bool:
        """Whether it is answered now."""
        return self.answer is not None and not self.refused and not self.answer.already_issued


async def prepare(call: Call) -> Plan[tuple[Given, ...]]:
    """Read and judge them. Raises NotYet `step-missing` where none lies there, Damaged."""
    appliance = call.appliance
    files = [file.name for file in incoming_files(appliance, SUFFIXES)]
    given = _once(_given(appliance, Examiner(appliance, needed_root(appliance)), files))
    if not given:
        raise NotYet(
            "step-missing",
            N_("No certificate request lies in /incoming."),
            N_("Send it there by SFTP as tancopy, or paste it."),
        )
    waiting = tuple(each for each in given if each.waits)
    told = (Say(N_("Does each other terminal show the same check code?")),) if waiting else ()
    return Plan(
        N_("Issue {count} certificate", "Issue {count} certificates", count=len(waiting)),
        waiting,
        (_table(given), *told),
        _findings(given),
        {"requests": [_data(each) for each in given], "count": len(waiting)},
        Confirmation(str(len(waiting))) if waiting else NOTHING_TO_DO,
    )


async def apply(call: Call, plan: Plan[tuple[Given, ...]], tell: Tell) -> Result:
    """Answer them, part by part, and put each certificate into `/outgoing`.

    Raises NotYet `stale`, `busy`, Damaged `root-damaged`, HalfDone `not-published`.
    """
    answers = [each.answer for each in plan.payload if each.answer]
    done: list[tuple[str, Issued]] = []
    for part in issue_all(call, answers):
        tell(N_("Signed: {done} of {all} …", done=len(done) + len(part), all=len(answers)))
        done += [(_publish(call.appliance, answer, issued), issued) for answer, issued in part]
    columns = (N_("subject"), N_("serial"), N_("valid until"), N_("in /outgoing"))
    rows = tuple((issued.subject, issued.serial, issued.not_after[:10], file) for file, issued in done)
    said = N_("{count} certificate is issued.", "{count} certificates are issued.", count=len(done))
    findings = (*plan.findings, *hub_without_tls(call.appliance))
    data = {**plan.data, "issued": [{**vars(issued), "file": file} for file, issued in done]}
    return Result(said, (Table(columns, rows, N_("Nothing waits.")),), findings, data)


def _given(appliance: Appliance, examiner: Examiner, files: list[str]) -> list[Given]:
    read = {file: _read(appliance, file) for file in files}
    judged = iter(examiner.examine_all([der for der in read.values() if isinstance(der, bytes)]))
    return [_judged(file, next(judged) if isinstance(der, bytes) else der) for file, der in read.items()]


def _read(appliance: Appliance, file: str) -> bytes | AnswerRefused:
    try:
        return read_file(read_incoming(appliance, file), Awaited.REQUEST).ders[0]
    except AnswerRefused as refused:
        return refused


def _judged(file: str, answer: Answer | AnswerRefused) -> Given:
    if isinstance(answer, AnswerRefused):
        return Given(file, None, answer.findings or (_as_finding(answer),))
    return Given(file, answer, tuple(refusals(answer.findings)))


def _as_finding(refused: AnswerRefused) -> Finding:
    return Finding(refused.id, Severity.REFUSE, refused.message, refused.remedy)


def _once(given: list[Given]) -> tuple[Given, ...]:
    """Return one file of each request: that with the longer name, which is the one that nobody takes over."""
    best: dict[bytes | str, Given] = {}
    for each in given:
        key = each.answer.request.der if each.answer else each.file
        if key not in best or len(each.file) > len(best[key].file):
            best[key] = each
    return tuple(sorted(best.values(), key=lambda each: each.file))


def _findings(given: tuple[Given, ...]) -> tuple[Finding, ...]:
    refused = sum(bool(each.refused) for each in given)
    warned = {each.id: each for one in given if one.waits and one.answer for each in one.answer.findings}
    if not refused:
        return tuple(warned.values())
    said = N_("{count} request is not answered.", "{count} requests are not answered.", count=refused)
    return (warn("not-answered", said, N_("Its line says why; import it alone to read more.")), *warned.values())


def _table(given: tuple[Given, ...]) -> Section:
    """Return what waits and what is refused; what was answered before would only hide them."""
    columns = (N_("file"), N_("subject"), N_("check code"), N_("answer"))
    rows = tuple((each.file, *_about(each)) for each in given if each.waits or each.refused)
    return Table(columns, rows, N_("Nothing waits."))


def _about(each: Given) -> tuple[Words, Words, Words]:
    subject, code = (each.answer.request.subject, each.answer.request.check_code) if each.answer else ("-", "-")
    if each.refused:
        return subject, code, N_("refused: {id}", id=", ".join(one.id for one in each.refused))
    return subject, code, N_("is issued")


def _data(each: Given) -> dict[str, Any]:
    request = each.answer.request if each.answer else None
    return {
        "file": each.file,
        "check_code": request.check_code if request else "",
        "subject": request.subject if request else "",
        "names": list(request.names) if request else [],
        "already_issued": each.answer.already_issued if each.answer else False,
        "refused": [one.id for one in each.refused],
    }


def _publish(appliance: Appliance, answer: Answer, issued: Issued) -> str:
    file = certificate_name(appliance, Side.ISSUER, answer.request.check_code)
    try:
        put_outgoing(appliance, file, issued.certificate.encode())
    except Damaged as error:
        raise HalfDone(
            "not-published",
            N_("Certificate {serial} is issued and kept, but /outgoing could not be written.", serial=issued.serial),
            N_("Check free space; then import the same request again: the same certificate is offered."),
        ) from error
    return file


IMPORT_REQUESTS: Operation[tuple[Given, ...]] = Operation(prepare, apply)
