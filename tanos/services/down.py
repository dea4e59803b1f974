"""Which services do not run although they should: written down by the supervisor, read where an operator looks first.

Invariant: the list is there while a supervisor runs and something is wrong, and is gone with it: what is not served
is told elsewhere. Reading it asks nobody and waits for nobody.
"""

import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from tanos import deeds
from tanos.appliance import Appliance
from tanos.files import write_whole
from tanos.finding import Finding, warn
from tanos.inert import inert
from tanos.message import N_, Message
from tanos.report import Mark, Say

FILE = "services-down.json"
_LONGEST = 64 * 1024


@dataclass(frozen=True)
class Down:
    """One of them."""

    name: str
    problem: str
    """What kept it from starting, an id; empty: it was stopped."""


def write_down(appliance: Appliance, down: Sequence[Down]) -> None:
    """Replace the list; an empty one is no file."""
    path = appliance.run / FILE
    with contextlib.suppress(OSError):
        if down:
            write_whole(path, json.dumps([vars(each) for each in down]).encode())
        else:
            path.unlink(missing_ok=True)


def services_down(appliance: Appliance) -> tuple[Down, ...]:
    """Return them; none where nothing can be read."""
    try:
        with (appliance.run / FILE).open("rb") as file:
            told = json.loads(file.read(_LONGEST))
        return tuple(Down(str(each["name"]), str(each["problem"])) for each in told)
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def down_lines(appliance: Appliance) -> tuple[Say, ...]:
    """Return a line for each, as it stands above the main menu."""
    return tuple(
        Say(N_("{problem} ({deed:key})", problem=_why(each), deed=deeds.START_SERVICE.of(each.name)), Mark.FAIL)
        for each in services_down(appliance)
    )


def down_findings(appliance: Appliance) -> tuple[Finding, ...]:
    """Return a warning for each, as status tells it."""
    return tuple(
        warn("service-down", _why(each), N_("Start it: {deed}.", deed=deeds.START_SERVICE.of(each.name)))
        for each in services_down(appliance)
    )


def _why(down: Down) -> Message:
    name = inert(down.name)
    if down.problem:
        return N_("The service {name} does not start ({problem}).", name=name, problem=inert(down.problem))
    return N_("The service {name} is stopped.", name=name)
