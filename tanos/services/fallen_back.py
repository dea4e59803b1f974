"""To which servers the hub goes without TLS because TLS failed: written by the supervisor, read at the main menu.

Invariant: the list is there while such a connection is, as the hub last told, and is gone with the hub. Reading it
asks nobody and waits for nobody.
"""

import contextlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from tanos.appliance import Appliance
from tanos.files import write_whole
from tanos.finding import Finding, warn
from tanos.inert import inert
from tanos.message import N_, Message
from tanos.report import Mark, Say

FILE = "fallen-back.json"
_LONGEST = 128 * 1024


def write_fallen_back(appliance: Appliance, segments: Iterable[Mapping[str, Any]]) -> None:
    """Replace the list by what the hub tells of its segments; an empty one is no file."""
    found = {str(each["to"]): str(each["without_tls_for"]) for each in segments if each.get("without_tls_for")}
    path = appliance.run / FILE
    with contextlib.suppress(OSError):
        if found:
            write_whole(path, json.dumps(found).encode())
        else:
            path.unlink(missing_ok=True)


def fallen_back(appliance: Appliance) -> dict[str, str]:
    """Return why TLS failed, by server; nothing where nothing can be read."""
    try:
        with (appliance.run / FILE).open("rb") as file:
            told = json.loads(file.read(_LONGEST))
        return {str(name): str(reason) for name, reason in told.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def fallen_back_lines(appliance: Appliance) -> tuple[Say, ...]:
    """Return a line for each, as it stands above the main menu."""
    return tuple(Say(_said(*each), Mark.WARN) for each in fallen_back(appliance).items())


def fallen_back_findings(appliance: Appliance) -> tuple[Finding, ...]:
    """Return a warning for each, as status tells it."""
    remedy = N_("TLS is tried again by itself; see there whether the service runs and serves its certificate.")
    return tuple(warn("without-tls", _said(*each), remedy) for each in fallen_back(appliance).items())


def _said(name: str, reason: str) -> Message:
    return N_("The hub goes to {name} without TLS, which failed ({reason}).", name=inert(name), reason=inert(reason))
