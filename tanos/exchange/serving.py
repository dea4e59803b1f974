"""What was just installed is served: its service takes it at once, and a handshake with its listener says so.

Invariant: a service that was stopped, or an appliance that is not served, stays so; what is told is what the
supervisor saw at the listener afterwards.
"""

from dataclasses import dataclass
from typing import Any

from tanos.appliance import Appliance
from tanos.certificates.check_code import same_check_code
from tanos.errors import TanosError
from tanos.finding import Finding, warn
from tanos.message import N_
from tanos.operation import Tell
from tanos.report import Fact, Mark
from tanos.services.catalogue import PLATFORM, ZONE_SERVER, Service
from tanos.services.control import SOCKET, ask_supervisor


@dataclass(frozen=True)
class Serving:
    """How the service stands by the new pair."""

    facts: tuple[Fact, ...] = ()
    findings: tuple[Finding, ...] = ()
    data: dict[str, Any] | None = None
    """What its listener served; None where it does not run."""


async def serve_installed(
    appliance: Appliance, check_code: str, tell: Tell, service: Service = ZONE_SERVER
) -> Serving:
    """Have a running service serve the reporting pair that is installed now; return what it then served."""
    name = service.name
    if not (appliance.run / SOCKET).exists():
        return Serving()
    try:
        standing = _standing(await ask_supervisor(appliance, "list"), name)
        if not standing.get("running"):
            return Serving((Fact(N_("service"), N_("{name} is stopped; it serves this once started", name=name)),))
        tell(N_("Serving it …"))
        standing = _standing(await ask_supervisor(appliance, "renew", name=name), name)
    except TanosError:
        return Serving()
    served = standing.get("served", {}).get(PLATFORM, {})
    if not same_check_code(str(served.get("check_code", "")), check_code):
        return Serving(
            (Fact(N_("service"), N_("{name} serves it not yet", name=name), Mark.FAIL),), (_stays_old(name),), served
        )
    words = N_("{name} serves this certificate, {protocol} {cipher}", name=name, protocol=served["protocol"],
               cipher=served["cipher"])  # fmt: skip
    return Serving((Fact(N_("service"), words, Mark.OK),), (), served)


def _standing(answer: dict[str, Any], name: str) -> dict[str, Any]:
    return next((each for each in answer.get("services", ()) if each["name"] == name), {})


def _stays_old(name: str) -> Finding:
    return warn(
        "not-served-yet",
        N_("The pair is installed, but {name} does not serve it yet.", name=name),
        N_("Restart the service; if it does not come up, its log and its status say why."),
    )
