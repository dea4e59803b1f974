"""What is told of other Tanium Servers where nobody asked: above the main menu, and by `status`."""

from tanos import deeds
from tanos.appliance import Appliance
from tanos.errors import TanosError
from tanos.finding import Finding, warn
from tanos.message import N_
from tanos.report import Mark, Say
from tanos.roots.offers import ROTATED_HERE
from tanos.trust.kept import Other, others


def approval_lines(appliance: Appliance) -> tuple[Say, ...]:
    """Return a line about the servers that an operator here has to decide about; one, however many there are."""
    waiting = _waiting(appliance)
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
    return tuple(
        warn(
            "trust-approval",
            N_(
                "Trust approval is required for {fqdn}, {address} (root key {key}).",
                fqdn=each.fqdn, address=each.address or "-", key=each.key,
            ),
            N_("Compare with that server, then {accept}.", accept=deeds.ACCEPT_SERVER),
        )
        for each in _waiting(appliance)
    )  # fmt: skip


def _waiting(appliance: Appliance) -> list[Other]:
    if not ROTATED_HERE.holds_for(appliance.identity):
        return []
    try:
        return [each for each in others(appliance) if each.waits_for_us]
    except TanosError:  # of a store that cannot be read, which is told as such
        return []
