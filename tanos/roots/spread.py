"""The services here judge by the roots that are trusted now, and from release 7.4 on show keys below them.

Until 7.3 a root is cut off by a new start; later a service lets go of whoever shows what that root signed.

Invariant: a root that was replaced is trusted until it is revoked, one that is revoked by nothing here any more. A
service that was stopped stays so.
"""

from contextlib import suppress

from tanos.appliance import Appliance
from tanos.errors import TanosError
from tanos.message import N_
from tanos.operation import Tell
from tanos.services.catalogue import TANIUM_SERVER, ZONE_SERVER_HUB
from tanos.services.control import SOCKET, ask_supervisor

_JUDGES = (TANIUM_SERVER, ZONE_SERVER_HUB)


async def spread(appliance: Appliance, tell: Tell, *, cut_off: bool = False) -> None:
    """Have what runs go on by the roots that are trusted now; with `cut_off` it lets go of whoever is connected."""
    if not (appliance.run / SOCKET).exists():
        return
    tell(N_("The services take it …"))
    with suppress(TanosError):
        if appliance.identity.release.automatic_tls:
            await ask_supervisor(appliance, "roots")
            return
        listed = (await ask_supervisor(appliance, "list"))["services"]
        running = {each["name"] for each in listed if each["running"]}
        for service in _JUDGES:
            if service.name in running:
                await ask_supervisor(appliance, "restart" if cut_off else "renew", name=service.name)
