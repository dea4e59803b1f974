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
from tanos.inert import inert

FILE = "tanium-servers.json"
_LONGEST, _MOST = 64 * 1024, 64
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


def _known(each: Way) -> tuple[str, ...]:
    return each.to, each.fqdn, each.trust, each.problem
