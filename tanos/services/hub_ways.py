"""What is wrong with the hub's ways to its servers: written by the supervisor, read at the main menu.

Invariant: the list is there while something is, as the hub last told, and is gone with the hub. Reading it asks
nobody and waits for nobody.
"""

import contextlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tanos import deeds
from tanos.appliance import Appliance
from tanos.files import write_whole
from tanos.finding import Finding, warn
from tanos.inert import inert
from tanos.message import N_, Message
from tanos.report import Mark, Say
from tanos.services.troubles import in_words

FILE = "hub-ways.json"
_LONGEST = 128 * 1024


@dataclass(frozen=True)
class Trouble:
    """With the way to one server."""

    to: str
    connected: bool
    """Without TLS, where it is."""
    reason: str


def write_ways(appliance: Appliance, segments: Iterable[Mapping[str, Any]]) -> None:
    """Replace the list by what the hub tells of its segments; an empty one is no file."""
    found = [vars(each) for each in map(_trouble, segments) if each.reason]
    path = appliance.run / FILE
    with contextlib.suppress(OSError):
        if found:
            write_whole(path, json.dumps(found).encode())
        else:
            path.unlink(missing_ok=True)


def _trouble(segment: Mapping[str, Any]) -> Trouble:
    connected = segment.get("connected") is True
    return Trouble(str(segment["to"]), connected, str(segment["without_tls_for" if connected else "problem"]))


def ways_in_trouble(appliance: Appliance) -> tuple[Trouble, ...]:
    """Return what is wrong; nothing where nothing can be read."""
    try:
        with (appliance.run / FILE).open("rb") as file:
            told = json.loads(file.read(_LONGEST))
        return tuple(Trouble(str(each["to"]), each["connected"] is True, str(each["reason"])) for each in told)
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def way_lines(appliance: Appliance) -> tuple[Say, ...]:
    """Return a line for each, as it stands above the main menu."""
    return tuple(Say(_said(each), Mark.WARN) for each in ways_in_trouble(appliance))


def way_findings(appliance: Appliance) -> tuple[Finding, ...]:
    """Return a warning for each, as status tells it."""
    return tuple(
        warn(
            "without-tls",
            _said(each),
            N_("TLS is tried again by itself; see there whether the service runs and serves its certificate."),
        )
        if each.connected
        else warn("hub-not-connected", _said(each), _remedy(each))
        for each in ways_in_trouble(appliance)
    )


def _remedy(each: Trouble) -> Message:
    if each.reason == "certificate-revoked":
        return N_("Have another certificate issued to that server; its status says how.")
    if each.reason == "waits-for-approval":
        return N_("Compare the check code of its request on both servers; then {approve}.", approve=deeds.APPROVE_KEY)
    return N_("See whether the service runs there, admits this hub (AllowedHubs), and speaks TLS as it is set here.")


def _said(each: Trouble) -> Message:
    name, reason = inert(each.to), in_words(each.reason)
    if each.connected:
        return N_("The hub goes to {name} without TLS, which failed ({reason}).", name=name, reason=reason)
    return N_("The hub is not connected to {name} ({reason}).", name=name, reason=reason)
