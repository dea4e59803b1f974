"""The pairs that are served by HTTPS, a row each: whose they are, and where operators find what belongs to them."""

from dataclasses import dataclass

from tanos import deeds
from tanos.certificates.pair_kinds import SOAP, SSL, PairKind
from tanos.message import N_, Deed, Message
from tanos.services.catalogue import MODULE_SERVER, MODULES, TANIUM_SERVER, Service


@dataclass(frozen=True)
class ServedPair:
    """One of them."""

    kind: PairKind
    service: Service
    """Whose listener presents it."""
    others: tuple[Service, ...]
    """Stopped and started with that service (seed 002: on a Module Server all)."""
    create_csr: Deed
    requirements: Deed
    remove_backup: Deed
    interrupts: Message
    """What stopping it means to others."""
    use: str
    """What it is for, in a note for an authority."""

    @property
    def files(self) -> Message:
        """Its two files."""
        return N_("{certificate} and {key}", certificate=self.kind.certificate, key=self.kind.key)

    @property
    def stopped(self) -> tuple[Service, ...]:
        """What is stopped for a change, and started in the opposite order."""
        return (self.service, *self.others)


CONSOLE = ServedPair(
    SOAP,
    TANIUM_SERVER,
    (),
    deeds.SOAP_CREATE_CSR,
    deeds.SOAP_NOTE,
    deeds.SOAP_REMOVE_BACKUP,
    N_("The Tanium Server is stopped meanwhile: sessions of console and API end, and clients register again."),
    "Tanium Console and API, and towards the Module Server",
)
OF_MODULES = ServedPair(
    SSL,
    MODULE_SERVER,
    MODULES,
    deeds.RENEW_CERTIFICATE.of(SSL.name),
    deeds.SSL_NOTE,
    deeds.SSL_REMOVE_BACKUP,
    N_("All services here are stopped meanwhile; every Tanium Server must register this one again afterwards."),
    "Module Server, towards Tanium Servers and modules",
)
SERVED = (CONSOLE, OF_MODULES)
