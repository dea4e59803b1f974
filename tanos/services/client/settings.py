"""The settings of one client, and its id: its own, what its server gave it, and what holds without either.

Rules (seed 000): what comes at registration is kept under `Server_` names, and replaced at the next; a value of that
name without the prefix wins. A value out of its range counts as not there. Invariant: what is kept is bounded, and
written whole.
"""

import contextlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tanos.client_trust.identity import Identity
from tanos.files import write_whole
from tanos.services.connecting import TlsMode
from tanos.services.protocol import NEW, OLD
from tanos.subordinate_keys import CLIENT_TLS, MOST_HOURS

PREFIX = "Server_"
MOST, LONGEST, LARGEST = 64, 256, 1024 * 1024
"""Settings, characters of one, and bytes of all that is kept: more than whoever is trusted can have kept."""
Value = int | str


@dataclass(frozen=True)
class Range:
    """A number that a client reads."""

    default: int
    least: int
    most: int


READ = {
    OLD: {
        "ReportingTLSMode": Range(0, 0, 2),
        "OptionalTLSMinAttemptCount": Range(3, 1, 100),
        "OptionalTLSBackoffIntervalSeconds": Range(1, 1, 86400),
        "OptionalTLSMaxBackoffSeconds": Range(3600, 1, 86400),
    },
    NEW: {
        "TLSMode": Range(1, 0, 1),
        CLIENT_TLS.window_setting: Range(CLIENT_TLS.default.window_hours, 1, MOST_HOURS),
    },
}
"""By protocol (seed 000, table 4): what a release does not know it does not read."""


class ClientSettings:
    """Of one client; kept in a file, or where none is given in memory alone."""

    def __init__(self, protocol: int, path: Path | None = None, own: Mapping[str, Value] | None = None) -> None:
        self._protocol, self._path = protocol, path
        kept = _read(path) if path else {}
        self._identity = Identity.kept(kept.get("key"))
        if self._identity is None and protocol == NEW:
            self._identity = Identity.made()
        self.id = self._identity.id if self._identity else str(kept.get("id") or secrets.token_hex(8))
        trust = kept.get("trust")
        self.trust: Mapping[str, Any] = trust if isinstance(trust, dict) else {}
        """Which roots it trusts, from 7.4 on, as `client_trust` has it."""
        found = kept.get("settings")
        self._values: dict[str, Value] = {**_bounded(found if isinstance(found, dict) else {}), **(own or {})}
        self._write()

    @property
    def identity(self) -> Identity:
        """By what one of 7.4 proves its id."""
        assert self._identity is not None
        return self._identity

    @property
    def values(self) -> dict[str, Value]:
        """All that is kept."""
        return dict(self._values)

    def number(self, name: str) -> int:
        """Return what holds: its own, what was given, or the default."""
        known = READ[self._protocol][name]
        for each in (name, PREFIX + name):
            with contextlib.suppress(KeyError, ValueError):
                value = int(self._values[each])
                if known.least <= value <= known.most:
                    return value
        return known.default

    def text(self, name: str) -> str:
        """Return its own text of that name, else the one that was given; empty where there is none."""
        return str(self._values.get(name) or self._values.get(PREFIX + name) or "")

    @property
    def mode(self) -> TlsMode:
        """How it uses TLS."""
        return TlsMode(self.number("TLSMode" if self._protocol == NEW else "ReportingTLSMode"))

    def receive(self, given: Mapping[str, Any]) -> None:
        """Take what a server gave, in the place of what one gave before. Raises OSError."""
        own = {name: value for name, value in self._values.items() if not name.startswith(PREFIX)}
        now = {**own, **{PREFIX + name: value for name, value in _bounded(given).items()}}
        if now != self._values:
            self._values = now
            self._write()

    def keep_trust(self, trust: Mapping[str, Any]) -> None:
        """Keep which roots it trusts. Raises OSError."""
        if trust != self.trust:
            self.trust = trust
            self._write()

    def _write(self) -> None:
        if self._path is not None:
            trust = {"trust": self.trust} if self.trust else {}
            key = {"key": self._identity.text} if self._identity else {}
            kept = json.dumps({"id": self.id, **key, "settings": self._values, **trust}, indent=1)
            write_whole(self._path, kept.encode() + b"\n")


def _bounded(given: Mapping[str, Any]) -> dict[str, Value]:
    fits = {
        name: value
        for name, value in given.items()
        if len(name) <= LONGEST and (type(value) is int or (isinstance(value, str) and len(value) <= LONGEST))
    }
    return dict(list(fits.items())[:MOST])


def _read(path: Path) -> dict[str, Any]:
    """Return what was kept; nothing where that cannot be read: the client then is a new one."""
    with contextlib.suppress(OSError, ValueError):
        if path.stat().st_size <= LARGEST:
            kept = json.loads(path.read_text())
            return kept if isinstance(kept, dict) else {}
    return {}
