"""Earlier certificates: put a kept pair back, by the same one rename that installed it.

Invariant: it is recorded as begun before the rename, so that whatever dies in between, its end is recorded later.
"""

from dataclasses import dataclass

from cryptography import x509

from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates import choosing
from tanos.certificates.pair_files import Version
from tanos.certificates.pair_kinds import REPORTING
from tanos.errors import NotYet
from tanos.exchange.finish import RESTORING
from tanos.exchange.install_report import report
from tanos.exchange.installed import NAME
from tanos.exchange.serving import Serving, serve_installed
from tanos.finding import Finding, note, warn
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.operation import NOTHING_TO_DO, YES, Operation, Plan, Result, Tell
from tanos.report import Fact, Facts
from tanos.revocation.standing import refuse_revoked
from tanos.store.begun import Doing, left_open, settle, taking


@dataclass(frozen=True)
class Restoration:
    """From which version to which."""

    version: int
    check_code: str
    present: int | None


def restorable(appliance: Appliance) -> list[Version]:
    """Return the kept pairs that are whole and not in use, newest first."""
    keeper = keeper_of(appliance)
    return choosing.restorable(keeper.versions(REPORTING.name), keeper.current(REPORTING.name))


async def prepare(call: Call, *, version: str = "") -> Plan[Restoration]:
    """Choose the pair: `version`, or else the newest one below the present."""
    keeper = keeper_of(call.appliance)
    present = keeper.current(REPORTING.name)
    chosen = choosing.choose_version(keeper.versions(REPORTING.name), version.strip(), present)
    facts = Facts(
        (
            Fact(N_("in use"), N_("version {number}", number=present or "-")),
            Fact(N_("will be put back"), N_("version {number}", number=chosen.number)),
            Fact(N_("check code"), chosen.check_code),
            Fact(N_("valid until"), str(chosen.not_after)),
            Fact(N_("installed by"), chosen.by),
        )
    )
    return Plan(
        N_("Put version {number} of the certificate back", number=chosen.number),
        Restoration(chosen.number, chosen.check_code, present),
        (facts,),
        _findings(call.appliance, chosen, present),
        {"version": chosen.number, "check_code": chosen.check_code, "present": present},
        NOTHING_TO_DO if chosen.number == present and not left_open(call.appliance, NAME) else YES,
    )


async def apply(call: Call, plan: Plan[Restoration], tell: Tell) -> Result:
    """Put it back, and prove it by a handshake."""
    chosen, serving = plan.payload, Serving()
    if chosen.version != chosen.present:
        tell(N_("Putting version {number} back …", number=chosen.version))
        _restore(call, chosen)
        serving = await serve_installed(call.appliance, chosen.check_code, tell)
    else:
        if keeper_of(call.appliance).current(REPORTING.name) != chosen.present:
            raise _stale()
        _record_late(call)
    title = N_("In use: reporting.crt and reporting.pvk, version {number}", number=chosen.version)
    told = plan.findings if plan.nothing_to_do else ()
    return report(call.appliance, chosen.check_code, title, told, serving)


def _restore(call: Call, chosen: Restoration) -> None:
    keeper = keeper_of(call.appliance)

    def check() -> None:
        if keeper.current(REPORTING.name) != chosen.present:
            raise _stale()

    version = f"version {chosen.version}"
    doing = Doing(NAME, str(chosen.version), version, f"version {chosen.present}", version, check)
    with taking(RESTORING, call, doing):
        keeper.restore(REPORTING.name, chosen.version)


def _record_late(call: Call) -> None:
    """Record a restoration that was interrupted after it was done."""
    if left_open(call.appliance, NAME):
        with call.appliance.store.change(call) as change:
            change.quiet = True
            settle(change, call.appliance, (RESTORING,), NAME)


def _findings(appliance: Appliance, chosen: Version, present: int | None) -> tuple[Finding, ...]:
    if chosen.number == present:
        return (note("already-installed", N_("This version is in use."), N_("There is nothing to do.")),)
    pem = keeper_of(appliance).kept_certificate(REPORTING.name, chosen.number)
    if pem and (revoked := refuse_revoked(appliance, x509.load_pem_x509_certificate(pem))):
        return revoked
    if str(chosen.not_after) < appliance.store.now():
        return (
            warn(
                "expired",
                N_("Its certificate has ended."),
                N_("Make a new request instead: {create_csr}.", create_csr=deeds.CREATE_CSR),
            ),
        )
    return ()


def _stale() -> NotYet:
    return NotYet(
        "stale",
        N_("Another session installed a certificate in the meantime."),
        N_("Look at the kept versions again."),
    )


RESTORE_CERTIFICATE = Operation(prepare, apply)
