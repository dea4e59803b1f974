"""What is said of a revocation list that nobody renewed: the last one goes on to count, and whoever looks is told.

Invariant: a main menu reads a row and no list.
"""

from tanos import deeds
from tanos.appliance import Appliance
from tanos.errors import TanosError
from tanos.finding import Finding, warn
from tanos.keeper import keeper_of
from tanos.message import N_, Message
from tanos.moments import moment_text
from tanos.report import Mark, Say
from tanos.revocation.lists import KeptList, has_stale_list, kept_list


def stale_findings(appliance: Appliance) -> tuple[Finding, ...]:
    """Return a warning where the list is stale."""
    stale = _stale(appliance)
    if stale is None:
        return ()
    remedy = (
        N_("It is renewed by itself where this appliance is served; sign it anew: {renew}.", renew=deeds.RENEW_LIST)
        if keeper_of(appliance).holds_root()
        else N_("See whether the hub of the Tanium Server reaches this server, and the clocks of both.")
    )
    return (warn("revocations-stale", _said(stale), remedy),)


def stale_lines(appliance: Appliance) -> tuple[Say, ...]:
    """Return the same as a line above the main menu."""
    stale = _stale(appliance)
    return (Say(_said(stale), Mark.WARN),) if stale else ()


def _stale(appliance: Appliance) -> KeptList | None:
    try:
        kept = kept_list(appliance) if has_stale_list(appliance) else None
    except TanosError:
        return None
    return kept if kept is not None and kept.is_stale(appliance.clock()) else None


def _said(stale: KeptList) -> Message:
    return N_(
        "The revocation list is stale since {time}: who was revoked later is not known here.",
        time=moment_text(stale.next_at),
    )
