"""What a Plan says of who is interrupted by another pair, and of what happens where it does not come up.

Invariant: it is told as the service stands now. One that does not run is not started by it, so that nothing is looked
at and nothing goes back.
"""

from tanos import deeds
from tanos.appliance import Appliance
from tanos.errors import NotYet
from tanos.https_pairs.served_pair import ServedPair
from tanos.message import N_
from tanos.report import Say
from tanos.services.operations import standings


async def is_running(appliance: Appliance, pair: ServedPair) -> bool:
    """Say whether what presents the pair runs now."""
    try:
        return bool((await standings(appliance))[pair.service.name]["running"])
    except NotYet:
        return False


async def interruption(appliance: Appliance, pair: ServedPair) -> tuple[Say, ...]:
    """Return what stopping and starting means, if it comes to that."""
    if await is_running(appliance, pair):
        back = N_("If it does not come up with this certificate, the present one is put back by itself.")
        return Say(pair.interrupts), Say(back)
    return (
        Say(
            N_(
                "The {service} does not run, and is not started: it presents this from its next start on ({start}).",
                service=pair.service.label,
                start=deeds.START_SERVICE.of(pair.service.name),
            )
        ),
        Say(N_("Nothing shows before that whether it comes up with this certificate.")),
    )
