"""After a change that services read when they start: those of them that run are started again, and looked at.

One that did not start before is tried, too: the change may have mended it. That it did not is no fault of the change.
"""

from collections.abc import Sequence

from tanos.actor import Call
from tanos.errors import Damaged, NotYet, TanosError
from tanos.finding import Finding, note, warn
from tanos.message import N_
from tanos.operation import Tell
from tanos.report import Fact, Facts, Section
from tanos.services.catalogue import services_of
from tanos.services.operations import Order, carry_out, standings


async def restarted(call: Call, names: Sequence[str], tell: Tell) -> tuple[tuple[Section, ...], tuple[Finding, ...]]:
    """Restart those of `names` that run here; return how they stand, or why they do not."""
    here = {service.name: service for service in services_of(call.appliance.identity) if service.name in names}
    if not here:
        return (), ()
    try:
        now = await standings(call.appliance)
        facts: list[Fact] = []
        findings: list[Finding] = []
        for name, service in here.items():
            was_running = now[name]["running"]
            if not was_running and not now[name]["problem"]:
                continue
            tell(N_("Restarting {service} …", service=name))
            try:
                done = await carry_out(call, Order(service, "restart", "running" if was_running else "stopped"))
                facts.append(Fact(service.label, done.title))
            except Damaged as error:
                if was_running:
                    raise
                findings.append(warn("service-down", error.message, error.remedy))
    except NotYet:
        return (), (
            note(
                "not-served",
                N_("No service runs here now; it holds from their next start on."),
                N_("Serve the appliance to start them."),
            ),
        )
    except TanosError as error:
        return (), (warn(error.id, error.message, error.remedy),)
    return ((Facts(tuple(facts)),) if facts else ()), tuple(findings)
