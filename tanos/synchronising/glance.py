"""What is told of the other Tanium Servers where nobody asked: above the main menu, and by `status`.

Invariant: a trusted server with which nothing is kept alike is told at each of the two, whichever goes to the other:
by how it went where this one goes there, else by when it was heard of last. Nobody is asked, and nobody waited for.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from tanos import deeds
from tanos.appliance import Appliance
from tanos.errors import TanosError
from tanos.finding import Finding, warn
from tanos.message import N_, Message
from tanos.report import Fact, Mark, Say
from tanos.roots.offers import ROTATED_HERE
from tanos.services.partner_ways import Way, ways
from tanos.services.troubles import in_words
from tanos.trust.kept import Other, trusted_others
from tanos.trust.machine import State

SILENT = timedelta(minutes=3)
"""Who was not heard of for so long is told; visits are ten seconds apart."""
_AWAY = N_("See whether it runs and is reached from here; both go on alone, and are alike again afterwards.")
_ENDED = N_(
    "So it is where a server was restored from an older backup: see there {list_roots}, and revoke again what was"
    " revoked: {revoke}.",
    list_roots=deeds.LIST_ROOTS,
    revoke=deeds.REVOKE_ROOT,
)


class _Lost(NamedTuple):
    """One that is trusted and not kept alike."""

    message: Message
    remedy: Message


def partner_facts(appliance: Appliance) -> tuple[Fact, ...]:
    """Return a line for each to which this server goes, as status tells it."""
    return tuple(Fact(N_("other Tanium Server"), _stands(each)) for each in ways(appliance))


def partner_lines(appliance: Appliance) -> tuple[Say, ...]:
    """Return a line for each trusted one that is not kept alike, as it stands above the main menu."""
    return tuple(Say(each.message, Mark.WARN) for each in _lost(appliance))


def partner_findings(appliance: Appliance) -> tuple[Finding, ...]:
    """Return a warning for each of the same, as status tells it."""
    return tuple(warn("partner-unreached", each.message, each.remedy) for each in _lost(appliance))


def _lost(appliance: Appliance) -> list[_Lost]:
    known = ways(appliance)
    reached = {each.fqdn for each in known}
    unreached = [each for each in _trusted(appliance) if each.fqdn not in reached]
    troubled = [each for each in known if each.problem]
    told = [each for each in troubled if each.trust == State.TRUSTED or (not each.fqdn and unreached)]
    if told:
        return [_Lost(_not_alike(each), _ENDED if each.problem == "root-ended" else _AWAY) for each in told]
    latest = appliance.clock() - SILENT
    return [_Lost(_unheard(each), _AWAY) for each in unreached if datetime.fromisoformat(each.heard_at) < latest]


def _trusted(appliance: Appliance) -> list[Other]:
    if not ROTATED_HERE.holds_for(appliance.identity):
        return []
    try:
        return trusted_others(appliance)
    except TanosError:  # of a store that cannot be read, which is told as such
        return []


def _stands(each: Way) -> Message:
    name, since = each.name, each.since
    if each.problem:
        return N_("{name}: {problem}, since {since}", name=name, problem=in_words(each.problem), since=since)
    if each.trust == State.TRUSTED:
        return N_(
            "{name}: kept alike by mutual TLS, where the documents use IPsec, since {since}", name=name, since=since
        )
    return N_("{name}: reached, and trust is not there on both sides, since {since}", name=name, since=since)


def _not_alike(each: Way) -> Message:
    return N_(
        "The other Tanium Server {name} is not kept alike ({problem}), since {since}.",
        name=each.name, problem=in_words(each.problem), since=each.since,
    )  # fmt: skip


def _unheard(other: Other) -> Message:
    return N_(
        "The other Tanium Server {name} is not kept alike: it was last heard of {time}.",
        name=other.fqdn,
        time=other.heard_at,
    )
