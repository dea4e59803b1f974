"""How it goes with the other Tanium Servers: written by the supervisor, read where an operator looks.

Invariant: the list is there while there are such servers, as the Tanium Server's process last told, and is gone with
it. Reading it asks nobody and waits for nobody.
"""

import contextlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tanos.appliance import Appliance
from tanos.files import write_whole
from tanos.finding import Finding, warn
from tanos.inert import inert
from tanos.message import N_, Message
from tanos.report import Fact, Mark, Say
from tanos.services.troubles import in_words

FILE = "tanium-servers.json"
_LONGEST, _MOST = 64 * 1024, 64
_TRUSTED = "trusted"
_TOLD = ("to", "fqdn", "trust", "problem")


@dataclass(frozen=True)
class Way:
    """To one place."""

    to: str
    fqdn: str
    """Who is there, as it proved; empty: nobody was reached yet."""
    trust: str
    problem: str
    since: str
    """When this was so first."""

    @property
    def name(self) -> str:
        """What an operator calls it."""
        return inert(self.fqdn or self.to)


def write_ways(appliance: Appliance, visits: Iterable[dict[str, Any]]) -> None:
    """Replace the list; what is as it was keeps its time."""
    since = {_known(each): each.since for each in ways(appliance)}
    found = [Way(**{name: str(visit[name]) for name in _TOLD}, since="") for visit in visits]
    told = [{**vars(each), "since": since.get(_known(each)) or appliance.store.now()} for each in found[:_MOST]]
    path = appliance.run / FILE
    with contextlib.suppress(OSError):
        if told:
            write_whole(path, json.dumps(told).encode())
        else:
            path.unlink(missing_ok=True)


def ways(appliance: Appliance) -> tuple[Way, ...]:
    """Return how it goes; nothing where nothing can be read."""
    try:
        with (appliance.run / FILE).open("rb") as file:
            told = json.loads(file.read(_LONGEST))
        return tuple(Way(*(str(each[name]) for name in (*_TOLD, "since"))) for each in told)
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def partner_facts(appliance: Appliance) -> tuple[Fact, ...]:
    """Return a line for each, as status tells it."""
    return tuple(Fact(N_("other Tanium Server"), _stands(each)) for each in ways(appliance))


def partner_lines(appliance: Appliance) -> tuple[Say, ...]:
    """Return a line for each trusted one that is not reached, as it stands above the main menu."""
    return tuple(Say(_lost(each), Mark.WARN) for each in _in_trouble(appliance))


def partner_findings(appliance: Appliance) -> tuple[Finding, ...]:
    """Return a warning for each of the same, as status tells it."""
    remedy = N_("See whether it runs and is reached from here; both go on alone, and are alike again afterwards.")
    return tuple(warn("partner-unreached", _lost(each), remedy) for each in _in_trouble(appliance))


def _in_trouble(appliance: Appliance) -> list[Way]:
    return [each for each in ways(appliance) if each.problem and each.trust == _TRUSTED]


def _stands(each: Way) -> Message:
    name, since = each.name, each.since
    if each.problem:
        return N_("{name}: {problem}, since {since}", name=name, problem=in_words(each.problem), since=since)
    if each.trust == _TRUSTED:
        return N_(
            "{name}: kept alike by mutual TLS, where the documents use IPsec, since {since}", name=name, since=since
        )
    return N_("{name}: reached, and trust is not there on both sides, since {since}", name=name, since=since)


def _lost(each: Way) -> Message:
    return N_(
        "The other Tanium Server {name} is not kept alike ({problem}), since {since}.",
        name=each.name, problem=in_words(each.problem), since=each.since,
    )  # fmt: skip


def _known(each: Way) -> tuple[str, ...]:
    return each.to, each.fqdn, each.trust, each.problem
