"""The certificates that are trusted between Tanium Servers and Module Servers, as they stand in the store.

Rule (seed 002): `trusted.crt` of a Module Server holds the SOAPServer.crt of every Tanium Server that it registered
with, `trusted-module-servers.crt` of a Tanium Server the ssl.crt of its Module Servers. Invariant: nothing comes
among them but by a registration; once our own certificate is another one, the other end has to trust that anew.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from sqlite3 import Row
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tanos import deeds
from tanos.appliance import Appliance
from tanos.certificates.check_code import fingerprint
from tanos.certificates.loaded import read_certificate
from tanos.certificates.pair_kinds import SOAP, SSL, PairKind
from tanos.errors import TanosError
from tanos.finding import Finding, warn
from tanos.keeper import keeper_of
from tanos.message import N_, Message
from tanos.offer import Offer
from tanos.peers import show_address
from tanos.platform import Role
from tanos.report import Mark, Say
from tanos.store.store import Change

HERE = Offer(frozenset({Role.TANIUM_SERVER, Role.MODULE_SERVER}))
OWN: dict[Role, PairKind] = {Role.TANIUM_SERVER: SOAP, Role.MODULE_SERVER: SSL}
"""What an appliance presents to the other end."""
OTHER = {Role.TANIUM_SERVER: Role.MODULE_SERVER, Role.MODULE_SERVER: Role.TANIUM_SERVER}
FILES = {Role.TANIUM_SERVER: "trusted-module-servers.crt", Role.MODULE_SERVER: "trusted.crt"}
"""What the text of all of them is called, by whose it is."""


@dataclass(frozen=True)
class Trusted:
    """The other end, as it registered."""

    name: str
    host: str
    port: int
    pem: str
    shown: str
    """Fingerprint of our own certificate when it registered."""
    registered_at: str

    @property
    def certificate(self) -> x509.Certificate:
        """What it presents. Raises AnswerRefused `not-a-certificate`."""
        return read_certificate(self.pem.encode())

    @property
    def where(self) -> str:
        """Its address."""
        return show_address(self.host, self.port)

    def as_order(self) -> dict[str, Any]:
        """Return what a service is told of it."""
        return {"name": self.name, "host": self.host, "port": self.port, "pem": self.pem}


def trusted(appliance: Appliance) -> list[Trusted]:
    """Return all that registered, the latest first."""
    if appliance.identity.role not in OTHER:
        return []
    return [_read(row) for row in appliance.store.rows(_SELECT, OTHER[appliance.identity.role].value)]


def put_trusted(change: Change, appliance: Appliance, other: Trusted) -> None:
    """Trust the other end from now on, in place of what was trusted under its name."""
    change.execute(
        "INSERT OR REPLACE INTO trusted_certificates (side, name, host, port, pem, shown, registered_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        OTHER[appliance.identity.role].value, other.name, other.host, other.port, other.pem, other.shown, change.now,
    )  # fmt: skip


def drop_trusted(change: Change, appliance: Appliance, name: str) -> None:
    """Trust it no more."""
    side = OTHER[appliance.identity.role].value
    change.execute("DELETE FROM trusted_certificates WHERE side = ? AND name = ?", side, name)


def trusted_text(appliance: Appliance) -> str:
    """Return the text of the file: each certificate, one after the other."""
    return "".join(each.pem for each in trusted(appliance))


def own_certificate(appliance: Appliance) -> x509.Certificate | None:
    """Return what this appliance presents to the other end, where it has it. Raises AnswerRefused."""
    pem = keeper_of(appliance).live_certificate(OWN[appliance.identity.role].name)
    return read_certificate(pem) if pem else None


def plain_pem(certificate: x509.Certificate) -> str:
    """Return a certificate as text, and nothing else that stood beside it."""
    return certificate.public_bytes(Encoding.PEM).decode()


def outdated(appliance: Appliance) -> Iterator[Trusted]:
    """Yield those that still trust an earlier certificate of ours."""
    known = trusted(appliance)
    own = own_certificate(appliance) if known else None
    for each in known:
        if own is not None and each.shown != fingerprint(own):
            yield each


def must_register(appliance: Appliance) -> tuple[Finding, ...]:
    """Return a warning for each other end that has to register again, with what fails until then."""
    return tuple(
        warn("re-register", must_be_registered(appliance, each), _FAILS[appliance.identity.role])
        for each in outdated(appliance)
    )


def will_have_to_register(appliance: Appliance, to_come: x509.Certificate) -> tuple[Finding, ...]:
    """Return a warning for each other end that knows another certificate than the one `to_come`."""
    file = OWN[appliance.identity.role].certificate
    return tuple(
        warn(
            "re-register",
            N_("{name} must be re-registered afterwards: it knows another {file}.", name=each.name, file=file),
            _FAILS[appliance.identity.role],
        )
        for each in trusted(appliance)
        if each.shown != fingerprint(to_come)
    )


def register_lines(appliance: Appliance) -> tuple[Say, ...]:
    """Return a line for each of them, as it stands above the main menu; none where that cannot be read."""
    try:
        return tuple(
            Say(N_("{said} ({deed:key})", said=each.message, deed=deeds.RE_REGISTER), Mark.WARN)
            for each in must_register(appliance)
        )
    except TanosError:
        return ()


def must_be_registered(appliance: Appliance, other: Trusted) -> Message:
    """Say that `other` does not know our certificate of now."""
    file = OWN[appliance.identity.role].certificate
    return N_("{name} must be re-registered: {file} was replaced since.", name=other.name, file=file)


def _read(row: Row) -> Trusted:
    return Trusted(**{name: row[name] for name in row.keys() if name != "side"})  # noqa: SIM118 - a Row is no mapping


_SELECT = "SELECT * FROM trusted_certificates WHERE side = ? ORDER BY registered_at DESC, name"
_FAILS = {
    Role.TANIUM_SERVER: N_("Until then the Module Server refuses this server, and modules answer nobody."),
    Role.MODULE_SERVER: N_("Until then the Tanium Server refuses this server, and modules answer nobody."),
}
