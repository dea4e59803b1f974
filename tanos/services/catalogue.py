"""The services of an appliance, a row each: where it runs, what it listens on, which pairs it presents.

Names and ports as the vendor's own command line has them where it is known (`service restart taniumzoneserver`;
17472, 8443, 17477), else ours.
"""

from dataclasses import dataclass

from tanos.certificates.pair_kinds import REPORTING, SOAP, SSL, PairKind
from tanos.message import N_, Message
from tanos.offer import Offer
from tanos.platform import AddOn, Identity, Role

PLATFORM, HTTPS, HTTP = "platform", "https", "http"


@dataclass(frozen=True)
class Port:
    """One listener of a service."""

    name: str
    number: int
    setting: str
    """The setting that gives another number."""
    presents: PairKind | None = None
    """Without one it has no TLS, and listens on this machine alone."""


@dataclass(frozen=True)
class Service:
    """One process that `tanos serve` keeps running."""

    name: str
    label: Message
    offer: Offer
    module: str
    """Whose `main(orders, line)` it runs."""
    ports: tuple[Port, ...] = ()
    shows: tuple[PairKind, ...] = ()
    """Pairs that it shows where it connects to."""

    @property
    def pairs(self) -> tuple[PairKind, ...]:
        """Every pair that its process holds."""
        presented = (port.presents for port in self.ports if port.presents is not None)
        return tuple(dict.fromkeys((*presented, *self.shows)))

    @property
    def is_near(self) -> bool:
        """Whether it listens on this machine alone."""
        return any(port.presents is None for port in self.ports)


TANIUM_SERVER = Service(
    "taniumserver",
    N_("Tanium Server"),
    Offer(frozenset({Role.TANIUM_SERVER})),
    "tanos.services.tanium_server.program",
    (Port(PLATFORM, 17472, "ServerPort", REPORTING), Port(HTTPS, 8443, "ServerSOAPPort", SOAP)),
)
ZONE_SERVER_HUB = Service(
    "taniumzoneserverhub",
    N_("Zone Server Hub"),
    Offer(frozenset({Role.TANIUM_SERVER}), add_on=AddOn.ZONE_SERVER_HUB),
    "tanos.services.hub.program",
    shows=(REPORTING,),
)
ZONE_SERVER = Service(
    "taniumzoneserver",
    N_("Zone Server"),
    Offer(frozenset({Role.ZONE_SERVER})),
    "tanos.services.zone_server.program",
    (Port(PLATFORM, 17472, "ServerPort", REPORTING),),
)
MODULE_SERVER = Service(
    "taniummoduleserver",
    N_("Module Server"),
    Offer(frozenset({Role.MODULE_SERVER})),
    "tanos.services.module_server.program",
    (Port(HTTPS, 17477, "ServerPort", SSL),),
)
SAMPLE = Service(
    "tanium-sample",
    N_("Sample module"),
    Offer(frozenset({Role.MODULE_SERVER})),
    "tanos.services.module_server.sample",
    (Port(HTTP, 17480, "SamplePort"),),
)
MODULES = (SAMPLE,)

REPORTING_SERVICES = (TANIUM_SERVER.name, ZONE_SERVER_HUB.name, ZONE_SERVER.name)
"""That speak the Tanium protocol with other servers."""
ALL = (TANIUM_SERVER, ZONE_SERVER_HUB, ZONE_SERVER, *MODULES, MODULE_SERVER)


def services_of(identity: Identity) -> tuple[Service, ...]:
    """Return the services of an appliance, in the order in which they are started."""
    return tuple(service for service in ALL if service.offer.holds_for(identity))
