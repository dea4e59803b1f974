"""What is said of a revocation list that nobody renewed: the last one goes on to count, and whoever looks is told.

Invariant: a main menu reads a row and no list, unless one may be stale.
"""

from tanos import deeds
from tanos.appliance import Appliance
from tanos.errors import TanosError
from tanos.finding import Finding, warn
from tanos.keeper import keeper_of
from tanos.message import N_, Message
from tanos.moments import moment_text
from tanos.report import Mark, Say
from tanos.revocation.kept import KeptList, has_stale_list, kept_lists


def stale_findings(appliance: Appliance) -> tuple[Finding, ...]:
    """Return a warning for each list that is stale."""
    stale = _stale(appliance)
    if not stale:
        return ()
    remedy = (
        N_("It is renewed by itself where this appliance is served; sign it anew: {renew}.", renew=deeds.RENEW_LIST)
        if keeper_of(appliance).holds_root()
        else N_("See whether the hub of the Tanium Server reaches this server, and the clocks of both.")
    )
    return tuple(warn("revocations-stale", _said(each), remedy) for each in stale)


def stale_lines(appliance: Appliance) -> tuple[Say, ...]:
    """Return the same as a line above the main menu, however many they are."""
    stale = _stale(appliance)
    if not stale:
        return ()
    if len(stale) == 1:
        return (Say(_said(stale[0]), Mark.WARN),)
    said = N_(
        "{count} revocation list is stale, since {time}: who was revoked later is not known here.",
        "{count} revocation lists are stale, one since {time}: who was revoked later is not known here.",
        count=len(stale),
        time=moment_text(min(each.next_at for each in stale)),
    )
    return (Say(said, Mark.WARN),)


def _stale(appliance: Appliance) -> list[KeptList]:
    try:
        kept = kept_lists(appliance) if has_stale_list(appliance) else ()
    except TanosError:
        return []
    return [each for each in kept if each.is_stale(appliance.clock())]


def _said(stale: KeptList) -> Message:
    return N_(
        "The revocation list of {root} is stale since {time}: who was revoked later is not known here.",
        root=stale.name,
        time=moment_text(stale.next_at),
    )
