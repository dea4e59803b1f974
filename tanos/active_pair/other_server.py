"""The other Tanium Server of an active-active pair, as an operator named it, and whether it serves now.

Invariant: while the other one does not serve, this one is not stopped for a certificate, so that never both are down
(seed 002); the primary comes first. What it presents is seen by a handshake and trusted for nothing else.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from tanos import deeds
from tanos.appliance import Appliance
from tanos.certificates.check_code import fingerprint
from tanos.certificates.loaded import read_certificate
from tanos.errors import AnswerRefused, NotYet
from tanos.finding import Finding, refuse, warn
from tanos.inert import inert
from tanos.message import N_, Message
from tanos.peers import show_address
from tanos.registration.reaching import shown_certificate
from tanos.store.store import Change


class Part(StrEnum):
    """What this server is in the pair."""

    PRIMARY = "primary"
    SECONDARY = "secondary"


@dataclass(frozen=True)
class OtherServer:
    """The other one."""

    host: str
    """FQDN or address."""
    port: int
    """Of its console."""
    part: Part
    """What this one is."""
    shares: bool
    """Whether both present one certificate."""
    shown: str
    """Fingerprint of what it presented when a pair was installed here last, or when it was named."""

    @property
    def where(self) -> str:
        """Its address."""
        return show_address(self.host, self.port)


def other_server(appliance: Appliance) -> OtherServer | None:
    """Return the other server of the pair, None where this one stands alone."""
    row = appliance.store.row("SELECT host, port, part, shares, shown FROM other_server")
    if row is None:
        return None
    return OtherServer(row["host"], row["port"], Part(row["part"]), bool(row["shares"]), row["shown"])


def put_other_server(change: Change, other: OtherServer) -> None:
    """Keep what is known of it, in place of what was."""
    change.execute(
        "INSERT OR REPLACE INTO other_server (only_one, host, port, part, shares, shown, at)"
        " VALUES (1, ?, ?, ?, ?, ?, ?)",
        other.host, other.port, other.part.value, int(other.shares), other.shown, change.now,
    )  # fmt: skip


async def shown_by(host: str, port: int) -> str:
    """Return the fingerprint of what is presented there; empty where nothing answers by TLS."""
    try:
        return fingerprint(read_certificate(await shown_certificate(host, port)))
    except (NotYet, AnswerRefused):
        return ""


async def examine_other(appliance: Appliance, leaf: str = "") -> tuple[Finding, ...]:
    """Return what of the other server speaks against a change here; `leaf` is what will be presented, if known."""
    other = other_server(appliance)
    if other is None:
        return ()
    shown = await shown_by(other.host, other.port)
    if not shown:
        return (refuse("other-server-down", _is_down(other), _START_IT),)
    return tuple(_order(other, shown, leaf)) if leaf else ()


async def make_sure_other_serves(appliance: Appliance) -> str:
    """Return what the other server presents; empty where there is none. Raises NotYet `other-server-down`."""
    other = other_server(appliance)
    if other is None:
        return ""
    shown = await shown_by(other.host, other.port)
    if not shown:
        raise NotYet("other-server-down", _is_down(other), _START_IT)
    return shown


def note_shown(appliance: Appliance, change: Change, shown: str) -> None:
    """Keep what the other one presented when a pair was installed here."""
    if shown and other_server(appliance) is not None:
        change.execute("UPDATE other_server SET shown = ?, at = ?", shown, change.now)


def _order(other: OtherServer, shown: str, leaf: str) -> Iterator[Finding]:
    if other.part is Part.PRIMARY or shown == leaf:
        return
    first = N_("Do it at {name} first, then here; {guide} shows how far both are.", name=inert(other.host),
               guide=deeds.SOAP_GUIDE)  # fmt: skip
    if other.shares:
        said = N_("{name}, the primary, does not present this certificate, which both share.", name=inert(other.host))
        yield refuse("primary-first", said, first)
    elif shown == other.shown:
        said = N_("{name}, the primary, still presents the certificate that it had.", name=inert(other.host))
        yield warn("primary-first", said, first)


def _is_down(other: OtherServer) -> Message:
    return N_(
        "{name} does not serve at {where}: with this server stopped too, both would be down.",
        name=inert(other.host), where=inert(other.where),
    )  # fmt: skip


_START_IT = N_("Start it first; where it is gone for good: {forget}.", forget=deeds.SOAP_FORGET_OTHER)
