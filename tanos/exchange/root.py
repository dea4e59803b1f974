"""The root's way to a Zone Server: `tanium.pub` into `/outgoing` there, and trusted here once its code was compared.

Invariant: a root is trusted only by an operator's act; another one in its place wants a typed word; what was
demanded and what came are compared in constant time.
"""

import contextlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.chain import read_root
from tanos.certificates.root import is_issued_by
from tanos.dropbox import put_outgoing, read_incoming
from tanos.errors import AnswerRefused, NotOffered, NotYet, TanosError
from tanos.exchange.create_csr import still_waiting
from tanos.exchange.file_names import ROOT
from tanos.exchange.held_root import TRUSTING, held_root, needed_root, recorded_root, root_code
from tanos.exchange.installed import installed_certificate
from tanos.exchange.offers import REQUESTER, ROOT_IMPORT
from tanos.exchange.root_report import examine_fingerprint, root_data, root_facts
from tanos.exchange.sources import told_repairs
from tanos.finding import Finding, note, refuse, warn
from tanos.keeper import Keeper, keeper_of
from tanos.message import N_, Message
from tanos.operation import NOTHING_TO_DO, YES, Confirmation, Operation, Plan, Result, Tell
from tanos.pasting.awaited import Awaited
from tanos.pasting.intake import Intake, read_file, read_pasted
from tanos.report import CopyText, Say, Section
from tanos.store.begun import Doing, taking

REPLACE = Confirmation("REPLACE")


@dataclass(frozen=True)
class Trust:
    """A root and what it takes the place of."""

    pem: str
    check_code: str
    before: str
    """Check code of the root held here; empty where there is none."""


async def prepare_export(call: Call) -> Plan[Trust]:
    """Show the root that is given away; only its public half."""
    root = needed_root(call.appliance)
    trust = Trust(_pem(root), root_code(root), "")
    title = N_("Put the root certificate tanium.pub into /outgoing")
    return Plan(title, trust, (root_facts(root),), data=root_data(root))


async def apply_export(call: Call, plan: Plan[Trust], tell: Tell) -> Result:
    """Put `tanium.pub` into `/outgoing`."""
    del tell
    trust = plan.payload
    with call.appliance.store.change(call, about=f"/outgoing/{ROOT}") as change:
        change.after = trust.check_code
        put_outgoing(call.appliance, ROOT, trust.pem.encode())
    copy = CopyText(N_("Root certificate of this server"), trust.pem, trust.check_code, f"/outgoing/{ROOT}")
    proceed = Say(
        N_("Next: on the Zone Server, {import_root}; compare the check code there.", import_root=deeds.IMPORT_ROOT)
    )
    data = {**plan.data, "file": ROOT}
    return Result(N_("tanium.pub lies in /outgoing"), (*plan.sections, copy, proceed), data=data)


async def prepare(
    call: Call, *, source: str = "incoming", file: str = "", text: bytes = b"", fingerprint: str = ""
) -> Plan[Trust]:
    """Read a root of `/incoming` (`file`, else `tanium.pub`) or a pasted one; compare its check code or SHA-256."""
    if source == "paste":
        intake, told = read_pasted(text, Awaited.CERTIFICATE), N_("the paste")
        return _plan(call, intake, told, fingerprint)
    name = file or ROOT
    told = N_("/incoming/{name}", name=name)
    return await prepare_from_bytes(call, read_incoming(call.appliance, name), told, fingerprint=fingerprint)


async def prepare_from_bytes(call: Call, raw: bytes, told: Message, *, fingerprint: str = "") -> Plan[Trust]:
    """Judge a root that was carried here; `told` says from where."""
    return _plan(call, read_file(raw, Awaited.CERTIFICATE), told, fingerprint)


async def apply(call: Call, plan: Plan[Trust], tell: Tell) -> Result:
    """Trust it from now on."""
    del tell
    trust = plan.payload
    if not _holds(call.appliance, trust):
        if plan.nothing_to_do:
            raise _stale()
        _store(call, trust, plan.data["fingerprint"])
    root = held_root(call.appliance)
    assert root
    told = plan.findings if plan.nothing_to_do else ()
    return Result(N_("The root is trusted"), (root_facts(root), *_proceed(call.appliance)), told, root_data(root))


def _proceed(appliance: Appliance) -> tuple[Section, ...]:
    """Say what is next, where certificates are exchanged at all."""
    if not REQUESTER.holds_for(appliance.identity):
        return ()
    if still_waiting(appliance):
        return (Say(N_("Next: {import_certificate}.", import_certificate=deeds.IMPORT_CERTIFICATE)),)
    return (Say(N_("Next: {create_csr}.", create_csr=deeds.CREATE_CSR)),)


def _plan(call: Call, intake: Intake, told: Message, fingerprint: str) -> Plan[Trust]:
    if not ROOT_IMPORT.holds_for(call.appliance.identity) or keeper_of(call.appliance).holds_root():
        raise NotOffered(
            "not-offered",
            N_("A server that holds its own root key imports no other root."),
            ROOT_IMPORT.where(),
        )
    if len(intake.ders) != 1:
        raise AnswerRefused.because(_several())
    root, found = read_root(intake.ders[0], call.appliance.clock())
    present = _present(call.appliance)
    before = root_code(present) if present else ""
    replaces = present is not None and present != root
    findings = (*found, *examine_fingerprint(root, fingerprint))
    if present and replaces:
        findings = (*findings, _replaced(before, stays=_stays(call.appliance, present)))
    elif present:
        findings = (*findings, note("already-installed", N_("This root is trusted."), N_("There is nothing to do.")))
    trust = Trust(_pem(root), root_code(root), before)
    return Plan(
        N_("Trust the root {subject}", subject=root.subject.rfc4514_string()),
        trust,
        (*told_repairs(told, intake), root_facts(root), Say(N_("Does the Tanium Server show the same check code?"))),
        findings,
        {**root_data(root), "before": before},
        _confirmation(call.appliance, trust, replaces),
    )


def _confirmation(appliance: Appliance, trust: Trust, replaces: bool) -> Confirmation:
    if _holds(appliance, trust):
        return NOTHING_TO_DO
    return REPLACE if replaces else YES


def _store(call: Call, trust: Trust, fingerprint: str) -> None:
    keeper = keeper_of(call.appliance)
    before = _lying_there(keeper)

    def check() -> None:
        present = _present(call.appliance)
        if (root_code(present) if present else "") != trust.before:
            raise _stale()

    doing = Doing(ROOT, fingerprint, ROOT, trust.before, trust.check_code, check)
    with taking(TRUSTING, call, doing, undo=lambda: _put_back(keeper, before)):
        keeper.trust_root(trust.pem.encode())


def _lying_there(keeper: Keeper) -> bytes | None:
    """Return what would be put back; what is no certificate at all would not."""
    try:
        return keeper.root_certificate()
    except AnswerRefused:
        return None


def _put_back(keeper: Keeper, before: bytes | None) -> None:
    with contextlib.suppress(TanosError):
        if _lying_there(keeper) != before:
            keeper.trust_root(before)


def _holds(appliance: Appliance, trust: Trust) -> bool:
    present = _present(appliance)
    recorded = recorded_root(appliance) == trust.check_code
    return recorded and present is not None and _pem(present) == trust.pem


def _present(appliance: Appliance) -> x509.Certificate | None:
    try:
        return held_root(appliance)
    except TanosError:
        return None


def _pem(root: x509.Certificate) -> str:
    return root.public_bytes(Encoding.PEM).decode()


def _stale() -> NotYet:
    return NotYet(
        "stale",
        N_("Another session imported a root in the meantime."),
        N_("Look at the root that is trusted now, and import again only if it is still needed."),
    )


def _several() -> Finding:
    return refuse(
        "not-a-root",
        N_("Exactly one certificate is awaited here, the root tanium.pub."),
        N_("Give that one alone."),
    )


def _stays(appliance: Appliance, present: x509.Certificate) -> bool:
    """Say whether the root that is trusted now stays so beside the next one, as the pair here is of it."""
    try:
        live = installed_certificate(appliance)
    except TanosError:
        return False
    return not appliance.identity.release.automatic_tls and live is not None and is_issued_by(live, present)


def _replaced(before: str, *, stays: bool) -> Finding:
    remedy = N_("If you go on, certificates of that one can no longer be installed here.")
    if stays:
        remedy = N_(
            "If you go on, certificates of that one can no longer be installed here; it stays trusted beside the next"
            " one until this server's pair, which is of it, is replaced."
        )
    return warn("root-replaced", N_("Another root is trusted here (check code {code}).", code=before), remedy)


EXPORT_PUBLIC_KEY = Operation(prepare_export, apply_export)
IMPORT_PUBLIC_KEY = Operation(prepare, apply)
