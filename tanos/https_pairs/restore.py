"""Earlier pairs for HTTPS: one that is kept is put back, and seen served."""

from dataclasses import dataclass, replace

from cryptography import x509

from tanos import deeds
from tanos.active_pair.other_server import examine_other, other_server
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates import choosing
from tanos.certificates.pair_files import Version
from tanos.finding import Finding, Severity, note
from tanos.https_pairs.install import next_steps
from tanos.https_pairs.interrupting import interruption
from tanos.https_pairs.requirements import examine, lacking
from tanos.https_pairs.served_pair import CONSOLE, OF_MODULES, ServedPair
from tanos.https_pairs.swap import Change, live_fingerprint, swap
from tanos.https_pairs.uploaded import Uploaded
from tanos.inert import inert
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.operation import NOTHING_TO_DO, YES, Operation, Plan, Result, Tell
from tanos.registration.trusted import must_register, will_have_to_register
from tanos.report import Fact, Facts


@dataclass(frozen=True)
class Restoration:
    """From which version to which."""

    version: int
    present: int | None


def restorable(appliance: Appliance, pair: ServedPair) -> list[Version]:
    """Return those that are whole and not in use."""
    keeper = keeper_of(appliance)
    return choosing.restorable(keeper.versions(pair.kind.name), keeper.current(pair.kind.name))


def _restoring(pair: ServedPair) -> Operation[Restoration]:
    async def prepare(call: Call, *, version: str = "") -> Plan[Restoration]:
        """Choose: `version`, or else the newest below the present. Raises `no-such-version`, `step-missing`."""
        keeper = keeper_of(call.appliance)
        present = keeper.current(pair.kind.name)
        chosen = choosing.choose_version(keeper.versions(pair.kind.name), version.strip(), present)
        other = await examine_other(call.appliance) if pair is CONSOLE and chosen.number != present else ()
        facts = Facts(
            (
                Fact(N_("in use"), N_("version {number}", number=present or "-")),
                Fact(N_("will be put back"), N_("version {number}", number=chosen.number)),
                Fact(N_("check code"), chosen.check_code),
                Fact(N_("valid until"), chosen.not_after),
                Fact(N_("installed"), chosen.installed_at or "-"),
                Fact(N_("installed by"), inert(chosen.by) or "-"),
            )
        )
        return Plan(
            N_("Put version {number} of {files} back", number=chosen.number, files=pair.files),
            Restoration(chosen.number, present),
            (facts, *await interruption(call.appliance, pair)),
            (*_findings(call.appliance, pair, chosen, present), *other),
            {"version": chosen.number, "check_code": chosen.check_code, "present": present},
            NOTHING_TO_DO if chosen.number == present else YES,
        )

    async def apply(call: Call, plan: Plan[Restoration], tell: Tell) -> Result:
        return await _restore(call, pair, plan, tell)

    return Operation(prepare, apply)


async def _restore(call: Call, pair: ServedPair, plan: Plan[Restoration], tell: Tell) -> Result:
    """Put it back. Raises as `swap` does."""
    appliance, wanted, kind = call.appliance, plan.payload, pair.kind.name
    swapped = None
    if not plan.nothing_to_do:
        change = Change(
            "",
            lambda: keeper_of(appliance).restore(kind, wanted.version),
            f"version {wanted.present}",
            f"version {wanted.version}",
            wanted.present,
            pair,
            wanted.version,
        )
        swapped = await swap(call, change, tell)
    steps = swapped.steps if swapped else (Fact(N_("version"), str(wanted.version)),)
    facts = Facts((*steps, Fact(N_("fingerprint"), live_fingerprint(appliance, kind))))
    due = must_register(appliance)
    return Result(
        N_("In use: {files}, version {number}", files=pair.files, number=wanted.version),
        (facts, *next_steps(appliance, pair)),
        (*(plan.findings if plan.nothing_to_do else ()), *lacking(appliance, pair), *due),
        {
            "version": wanted.version,
            "fingerprint": live_fingerprint(appliance, kind),
            "served": swapped.served if swapped else None,
        },
        leads_to=deeds.RE_REGISTER if due else None,
    )


def _findings(appliance: Appliance, pair: ServedPair, chosen: Version, present: int | None) -> tuple[Finding, ...]:
    """Return what was found of a version; nothing refuses what was in use, so that there is always a way back."""
    if chosen.number == present:
        return (note("already-installed", N_("This version is in use."), N_("There is nothing to do.")),)
    pem = keeper_of(appliance).kept_certificate(pair.kind.name, chosen.number)
    if not chosen.intact or pem is None:
        return ()
    leaf, *issuers = x509.load_pem_x509_certificates(pem)
    other = other_server(appliance) if pair is CONSOLE else None
    shared = other.host if other and other.shares else ""
    found = examine(appliance, Uploaded(leaf, tuple(issuers), b""), shared, pair)
    grave = (replace(each, severity=Severity.WARN) if each.severity is Severity.REFUSE else each for each in found)
    return (*grave, *will_have_to_register(appliance, leaf))


SOAP_RESTORE, SSL_RESTORE = _restoring(CONSOLE), _restoring(OF_MODULES)
