"""Import Signed Certificate: a Zone Server installs the answer to its request.

Invariant: nothing is installed that does not match a waiting key and chain to the root held here. The pair changes
by one rename just before its record is committed, so that whatever dies leaves the earlier or the new pair, and the
next start, or the same certificate imported again, completes the record.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.serialization import Encoding

from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.chain import Answer, examine_answer
from tanos.certificates.check_code import check_code as code_of
from tanos.certificates.pair_kinds import REPORTING
from tanos.dropbox import read_incoming
from tanos.errors import HalfDone, NotYet, TanosError
from tanos.exchange.answers import choose_answer
from tanos.exchange.file_names import CERTIFICATE
from tanos.exchange.finish import RESTORING, finish, tidy, unfinished
from tanos.exchange.held_root import held_root
from tanos.exchange.install_report import plan_data, plan_sections, report
from tanos.exchange.installed import NAME, installed_certificate
from tanos.exchange.serving import Serving, serve_installed
from tanos.exchange.sources import told_repairs
from tanos.exchange.waiting import waiting_requests
from tanos.files import disk_trouble
from tanos.finding import Finding, note
from tanos.keeper import Keeper, keeper_of
from tanos.message import N_, Message
from tanos.operation import NOTHING_TO_DO, YES, Operation, Plan, Result, Tell
from tanos.pasting.awaited import Awaited
from tanos.pasting.intake import Intake, read_file, read_pasted
from tanos.revocation.standing import refuse_revoked
from tanos.store.begun import settle


@dataclass(frozen=True)
class Installation:
    """What will be installed."""

    check_code: str
    chain_pem: str
    """The leaf, then the intermediates; empty where exactly this is installed already."""
    unrecorded: bool = False
    """It is installed, but an interruption kept the record from being written."""


async def prepare(call: Call, *, source: str = "incoming", file: str = "", text: bytes = b"") -> Plan[Installation]:
    """Read and judge a certificate of `/incoming` (`file`; none: the one whose key matches) or a pasted one."""
    if source == "paste":
        return _plan(call.appliance, read_pasted(text, Awaited.CERTIFICATE), N_("the paste"))
    name = file or choose_answer(call.appliance, _wanted(call.appliance))
    told = N_("/incoming/{name}", name=name)
    return await prepare_from_bytes(call, read_incoming(call.appliance, name), told)


async def prepare_from_bytes(call: Call, raw: bytes, told: Message) -> Plan[Installation]:
    """Judge a certificate that was carried here; `told` says from where."""
    return _plan(call.appliance, read_file(raw, Awaited.CERTIFICATE), told)


async def apply(call: Call, plan: Plan[Installation], tell: Tell) -> Result:
    """Install the pair, write the TLS defaults, record it, and prove it by a handshake."""
    installation = plan.payload
    serving = Serving()
    if installation.chain_pem:
        tell(N_("Installing …"))
        _install(call, installation)
        tell(N_("Shaking hands …"))
        serving = await serve_installed(call.appliance, installation.check_code, tell)
    elif installation.unrecorded:
        _complete(call, installation)
    told = plan.findings if plan.nothing_to_do else ()
    return report(call.appliance, installation.check_code, told=told, serving=serving)


def _wanted(appliance: Appliance) -> tuple[str, ...]:
    """Return the check codes of the keys that wait; or of the installed one, whose certificate may come twice."""
    waiting = tuple(keeper_of(appliance).waiting(REPORTING.name))
    if waiting:
        return waiting
    installed = installed_certificate(appliance)
    if installed is None:
        raise _nothing_waits()
    return (code_of(installed.public_key()),)


def _plan(appliance: Appliance, intake: Intake, origin: Message) -> Plan[Installation]:
    keeper = keeper_of(appliance)
    present = _already_installed(appliance, keeper, intake.ders)
    if present:
        return present
    waiting = waiting_requests(keeper)
    if not waiting:
        raise _nothing_waits()
    answer = examine_answer(
        intake.ders,
        waiting_public_keys={code: request.csr.public_key() for code, request in waiting.items()},
        root=held_root(appliance),
        now=appliance.clock(),
    )
    return Plan(
        N_("Install the certificate for {subject}", subject=answer.leaf.subject.rfc4514_string()),
        Installation(answer.check_code, _pem(answer)),
        (*told_repairs(origin, intake), *plan_sections(appliance, answer)),
        (*answer.findings, *refuse_revoked(appliance, answer.leaf)),
        plan_data(appliance, answer),
    )


def _already_installed(appliance: Appliance, keeper: Keeper, ders: Sequence[bytes]) -> Plan[Installation] | None:
    installed = installed_certificate(appliance) if keeper.is_intact(REPORTING.name) else None
    if installed is None or installed.public_bytes(Encoding.DER) not in ders:
        return None
    check_code = code_of(installed.public_key())
    unrecorded = unfinished(appliance, keeper) == check_code
    return Plan(
        N_("This certificate is installed already"),
        Installation(check_code, "", unrecorded),
        findings=(_to_complete() if unrecorded else _nothing_to_do(),),
        data={"check_code": check_code},
        confirmation=YES if unrecorded else NOTHING_TO_DO,
    )


def _install(call: Call, installation: Installation) -> None:
    keeper = keeper_of(call.appliance)
    before = keeper.current(REPORTING.name)
    try:
        with call.appliance.store.change(call, about=installation.check_code) as change:
            settle(change, call.appliance, (RESTORING,), NAME)
            change.before = f"version {before or '-'}"
            finish(change, call.appliance, installation.check_code)
            code, chain_pem = installation.check_code, installation.chain_pem
            version = keeper.install(REPORTING.name, code, chain_pem, call.actor.user)
            change.after = f"version {version}"
    except (TanosError, OSError) as error:
        now = keeper.current(REPORTING.name)
        if now is not None and now != before:
            raise _unrecorded(now) from error
        if isinstance(error, OSError):
            raise disk_trouble(error, CERTIFICATE) from error
        raise
    tidy(call.appliance, keeper, installation.check_code)


def _complete(call: Call, installation: Installation) -> None:
    """Write the record that an interrupted installation lacks, unless another session was first."""
    keeper = keeper_of(call.appliance)
    with call.appliance.store.change(call, about=installation.check_code) as change:
        change.quiet = unfinished(call.appliance, keeper) != installation.check_code
        if not change.quiet:
            finish(change, call.appliance, installation.check_code)
            change.after = f"version {keeper.current(REPORTING.name)}"
    tidy(call.appliance, keeper, installation.check_code)


def _pem(answer: Answer) -> str:
    chain = (answer.leaf, *answer.intermediates)
    return "".join(certificate.public_bytes(Encoding.PEM).decode() for certificate in chain)


def _nothing_to_do() -> Finding:
    return note(
        "already-installed",
        N_("Exactly this certificate is installed."),
        N_("There is nothing to do."),
    )


def _to_complete() -> Finding:
    return note(
        "already-installed",
        N_("Exactly this certificate is installed, but its installation was interrupted before it was recorded."),
        N_("If you go on, the record is completed."),
    )


def _nothing_waits() -> NotYet:
    return NotYet(
        "step-missing",
        N_("No request waits here for a certificate."),
        N_("{create_csr} comes first.", create_csr=deeds.CREATE_CSR),
    )


def _unrecorded(version: int) -> HalfDone:
    return HalfDone(
        "not-recorded",
        N_("The pair is installed (version {version}), but its record could not be written.", version=version),
        N_("Check free space; then import the same certificate again: that completes the record."),
    )


IMPORT_CERTIFICATE = Operation(prepare, apply)
