"""What is told of other Tanium Servers where nobody asked: above the main menu, and by `status`.

Rule (seed 004): two servers that stood in for each other until release 7.3 want trust from 7.4 on; the other one is
named there already, for the certificate that both share.
"""

from tanos import deeds
from tanos.appliance import Appliance
from tanos.errors import TanosError
from tanos.finding import Finding, warn
from tanos.inert import inert
from tanos.message import N_
from tanos.report import Mark, Say
from tanos.roots.offers import ROTATED_HERE
from tanos.trust.kept import Other, others


def approval_lines(appliance: Appliance) -> tuple[Say, ...]:
    """Return a line about the servers that an operator here has to decide about; one, however many there are."""
    waiting = _waiting(appliance)
    host = _unheard(appliance)
    if host:
        said = N_("the other Tanium Server, {host}, is to be trusted ({deed:key})", host=host, deed=deeds.FIND_SERVER)
        return (Say(said, Mark.DUE),)
    if len(waiting) > 1:
        said = N_(
            "trust approval required for {count} server ({deed:key})",
            "trust approval required for {count} servers ({deed:key})",
            count=len(waiting),
            deed=deeds.LIST_SERVERS,
        )
        return (Say(said, Mark.DUE),)
    return tuple(
        Say(N_("trust approval required for {fqdn} ({deed:key})", fqdn=each.fqdn, deed=deeds.ACCEPT_SERVER), Mark.DUE)
        for each in waiting
    )


def approval_findings(appliance: Appliance) -> tuple[Finding, ...]:
    """Return a warning for each of them."""
    host = _unheard(appliance)
    if host:
        message = N_("The other Tanium Server, {host}, is not trusted, and was not heard of yet.", host=host)
        return (warn("trust-approval", message, N_("Look for it: {find}.", find=deeds.FIND_SERVER)),)
    return tuple(_approval(each) for each in _waiting(appliance))


def _approval(other: Other) -> Finding:
    return warn(
        "trust-approval",
        N_(
            "Trust approval is required for {fqdn}, {address} (root key {key}).",
            fqdn=other.fqdn,
            address=other.address or N_("address not known"),
            key=other.key,
        ),
        N_("Compare with that server, then {accept}.", accept=deeds.ACCEPT_SERVER),
    )


def _unheard(appliance: Appliance) -> str:
    """Return where the other server of the pair is, as long as nobody was heard of; empty where there is none."""
    if not ROTATED_HERE.holds_for(appliance.identity):
        return ""
    try:
        row = appliance.store.row("SELECT host FROM other_server WHERE NOT EXISTS (SELECT 1 FROM other_servers)")
    except TanosError:
        return ""
    return inert(row["host"]) if row else ""


def _waiting(appliance: Appliance) -> list[Other]:
    if not ROTATED_HERE.holds_for(appliance.identity):
        return []
    try:
        return [each for each in others(appliance) if each.waits_for_us]
    except TanosError:  # of a store that cannot be read, which is told as such
        return []
