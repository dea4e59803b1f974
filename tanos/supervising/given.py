"""Which settings a service is given with its orders: those of its component that hold now.

Rule (seed 000, table 2): from 7.4 on TLS between servers is always required, whatever is set.
"""

from typing import Any

from tanos.appliance import Appliance
from tanos.services.catalogue import MODULE_SERVER, SAMPLE, TANIUM_SERVER, ZONE_SERVER, ZONE_SERVER_HUB, Service
from tanos.services.connecting import TlsMode
from tanos.settings.setting import Component
from tanos.settings.values import effective

_COMPONENTS = {
    TANIUM_SERVER.name: (Component.SERVER, Component.GLOBAL),
    ZONE_SERVER_HUB.name: (Component.HUB,),
    ZONE_SERVER.name: (Component.ZONE_SERVER,),
    MODULE_SERVER.name: (Component.MODULE_SERVER,),
    SAMPLE.name: (),
}


def settings_for(appliance: Appliance, service: Service) -> dict[str, Any]:
    """Return the values by name; what is for clients stands under `for_clients`."""
    values: dict[str, Any] = {}
    for component in _COMPONENTS[service.name]:
        values |= effective(appliance, component)
    if service is TANIUM_SERVER:
        values["for_clients"] = effective(appliance, Component.CLIENTS)
    if service is ZONE_SERVER_HUB:
        values |= {"server_tls": _mode(appliance, Component.SERVER), "zone_tls": _mode(appliance, Component.HUB)}
    return values


def _mode(appliance: Appliance, component: Component) -> int:
    if appliance.identity.release.automatic_tls:
        return TlsMode.REQUIRED
    return int(effective(appliance, component)["ReportingTLSMode"])
