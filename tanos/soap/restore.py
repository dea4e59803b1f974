"""Earlier pairs of console and API: one that is kept is put back, and seen served."""

from dataclasses import dataclass

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.pair_files import Version
from tanos.certificates.pair_kinds import SOAP
from tanos.errors import AnswerRefused, NotYet
from tanos.finding import Finding, note, warn
from tanos.inert import inert
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.operation import NOTHING_TO_DO, YES, Operation, Plan, Result, Tell
from tanos.report import Fact, Facts, Mark, Say
from tanos.soap.swap import Change, live_fingerprint, swap


@dataclass(frozen=True)
class Restoration:
    """From which version to which."""

    version: int
    present: int | None


def kept(appliance: Appliance) -> list[Version]:
    """Return the kept pairs, newest first."""
    return sorted(keeper_of(appliance).versions(SOAP.name), key=lambda each: each.number, reverse=True)


def restorable(appliance: Appliance) -> list[Version]:
    """Return those that are whole and not in use."""
    present = keeper_of(appliance).current(SOAP.name)
    return [each for each in kept(appliance) if each.intact and each.number != present]


async def prepare(call: Call, *, version: str = "") -> Plan[Restoration]:
    """Choose the pair: `version`, or else the newest below the present. Raises `no-such-version`, `step-missing`."""
    present = keeper_of(call.appliance).current(SOAP.name)
    chosen = _chosen(call.appliance, version.strip(), present)
    facts = Facts(
        (
            Fact(N_("in use"), N_("version {number}", number=present or "-")),
            Fact(N_("will be put back"), N_("version {number}", number=chosen.number)),
            Fact(N_("check code"), chosen.check_code),
            Fact(N_("valid until"), chosen.not_after),
            Fact(N_("installed by"), inert(chosen.by) or "-"),
        )
    )
    told = Say(N_("The Tanium Server is restarted: sessions of console and API end, and clients register again."))
    return Plan(
        N_("Put version {number} of SOAPServer.crt and its key back", number=chosen.number),
        Restoration(chosen.number, present),
        (facts, told),
        _findings(call.appliance, chosen, present),
        {"version": chosen.number, "check_code": chosen.check_code, "present": present},
        NOTHING_TO_DO if chosen.number == present else YES,
    )


async def apply(call: Call, plan: Plan[Restoration], tell: Tell) -> Result:
    """Put it back. Raises as `swap` does."""
    appliance, wanted = call.appliance, plan.payload
    served = None
    if not plan.nothing_to_do:

        def put() -> None:
            keeper_of(appliance).restore(SOAP.name, wanted.version)

        change = Change("", put, f"version {wanted.present}", f"version {wanted.version}", wanted.present)
        served = await swap(call, change, tell, version=wanted.version)
    facts = [Fact(N_("version"), str(wanted.version)), Fact(N_("fingerprint"), live_fingerprint(appliance))]
    if served is not None:
        words = N_(
            "{protocol} {cipher}, serves this certificate", protocol=served["protocol"], cipher=served["cipher"]
        )
        facts.append(Fact(N_("handshake"), words, Mark.OK))
    told = Say(N_("The Module Server must be re-registered with this server; until then both refuse each other."))
    data = {"version": wanted.version, "fingerprint": live_fingerprint(appliance), "served": served}
    title = N_("In use: SOAPServer.crt and SOAPServer.key, version {number}", number=wanted.version)
    return Result(title, (Facts(tuple(facts)), told), plan.findings if plan.nothing_to_do else (), data)


def _chosen(appliance: Appliance, asked: str, present: int | None) -> Version:
    if not asked:
        earlier = restorable(appliance)
        below = [each for each in earlier if each.number < (present or 0)] or earlier
        if not below:
            raise NotYet(
                "step-missing",
                N_("No earlier certificate is kept here."),
                N_("One is kept once a second certificate has been installed."),
            )
        return below[0]
    for each in kept(appliance):
        if asked.lstrip("v0") == str(each.number):
            return each
    known = ", ".join(str(each.number) for each in kept(appliance)) or "-"
    raise AnswerRefused(
        "no-such-version",
        N_("There is no version {version}; kept are {known}.", version=inert(asked), known=known),
        N_("Choose one of these."),
    )


def _findings(appliance: Appliance, chosen: Version, present: int | None) -> tuple[Finding, ...]:
    if chosen.number == present:
        return (note("already-installed", N_("This version is in use."), N_("There is nothing to do.")),)
    if chosen.not_after < appliance.store.now():
        return (warn("expired", N_("Its certificate has ended."), N_("Install a new one instead.")),)
    return ()


SOAP_RESTORE = Operation(prepare, apply)
