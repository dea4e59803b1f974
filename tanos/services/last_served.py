"""Which certificate each service was last seen to serve by HTTPS, and whether it went back to it by itself.

Invariant: what is noted was shown by a handshake with the listener. It outlives the supervisor, so that also after a
start of the appliance it is known which pair is known to serve. That a pair was put back is told for a week, or until
another certificate is served.
"""

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tanos.appliance import Appliance
from tanos.files import write_whole
from tanos.finding import Finding, warn
from tanos.inert import inert
from tanos.message import N_, Message
from tanos.moments import moment_text
from tanos.report import Mark, Say

FILE = "last-served.json"
_LONGEST = 64 * 1024
_TOLD_FOR = timedelta(days=7)


@dataclass(frozen=True)
class LastServed:
    """By one service."""

    fingerprint: str
    instead_of: str = ""
    """Fingerprint of what was installed and did not serve; empty where it did not go back."""
    problem: str = ""
    at: str = ""
    """When it went back, UTC, ISO 8601."""


def last_served(appliance: Appliance) -> dict[str, LastServed]:
    """Return it by the service's name; nothing where nothing can be read."""
    try:
        with (appliance.run / FILE).open("rb") as file:
            told = json.loads(file.read(_LONGEST))
        return {name: LastServed(**{key: str(value) for key, value in each.items()}) for name, each in told.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def note_served(appliance: Appliance, name: str, fingerprint: str) -> None:
    """Note what a handshake showed."""
    known = last_served(appliance)
    if name not in known or known[name].fingerprint != fingerprint:
        _write(appliance, {**known, name: LastServed(fingerprint)})


def note_gone_back(appliance: Appliance, name: str, instead_of: str, problem: str) -> None:
    """Note that what was served last takes the place of what did not serve."""
    known = last_served(appliance)
    back = LastServed(known[name].fingerprint, instead_of, problem, moment_text(appliance.clock()))
    _write(appliance, {**known, name: back})


def _write(appliance: Appliance, known: Mapping[str, LastServed]) -> None:
    with contextlib.suppress(OSError):
        table = {name: vars(each) for name, each in known.items()}
        write_whole(appliance.run / FILE, json.dumps(table).encode())


def gone_back_lines(appliance: Appliance) -> tuple[Say, ...]:
    """Return a line for each that went back, as it stands above the main menu."""
    return tuple(Say(_said(name, each), Mark.WARN) for name, each in _told(appliance))


def gone_back_findings(appliance: Appliance) -> tuple[Finding, ...]:
    """Return a warning for each, as status tells it."""
    return tuple(
        warn(
            "soap-put-back",
            _said(name, each),
            N_(
                "Not served was {fingerprint}: the log of the service says more; check the files, then try again.",
                fingerprint=inert(each.instead_of) or "-",
            ),
        )
        for name, each in _told(appliance)
    )


def _told(appliance: Appliance) -> Iterator[tuple[str, LastServed]]:
    for name, each in last_served(appliance).items():
        with contextlib.suppress(ValueError, TypeError):  # no time, or one of nowhere
            if each.problem and appliance.clock() - datetime.fromisoformat(each.at) < _TOLD_FOR:
                yield name, each


def _said(name: str, each: LastServed) -> Message:
    return N_(
        "The service {name} did not serve a new certificate ({problem}): the earlier one was put back by itself.",
        name=inert(name),
        problem=inert(each.problem),
    )
