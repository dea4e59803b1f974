"""Who has registered: clients and servers, as they last did.

Invariant: one row for each, of its latest registration; what it says came from outside, and is shown inert.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tanos.actor import system_call
from tanos.appliance import Appliance

_KEEP = (
    "INSERT INTO registered (kind, id, name, release, via, address, said, protocol, using_tls, at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET name = excluded.name,"
    " release = excluded.release, protocol = excluded.protocol, via = excluded.via,"
    " using_tls = excluded.using_tls, address = excluded.address, said = excluded.said, at = excluded.at"
)
_FORGET = (
    "DELETE FROM registered WHERE via = ? AND at <"
    " (SELECT at FROM registered WHERE via = ? ORDER BY at DESC LIMIT 1 OFFSET ?)"
)
_COUNT = (
    "SELECT kind, protocol, via <> '' AS by_zone, using_tls, COUNT(*) AS count FROM registered"
    " GROUP BY kind, protocol, via <> '', using_tls"
)
MOST_BY_ONE = 100_000
"""Rows of those that came by one server: whoever makes up clients there makes nobody else's go."""


@dataclass(frozen=True)
class Registered:
    """One client or server."""

    kind: str
    """`client` or `zone-server`."""
    id: str
    name: str
    release: str
    protocol: int
    via: str
    """The server that it registered by; empty: this one."""
    using_tls: bool
    address: str
    said: str
    """What it last told."""
    at: str
    server: str = ""
    """The other Tanium Server of the pair, where it was seen last; empty: this one."""

    def as_data(self) -> dict[str, Any]:
        """Return it for programs."""
        return {**vars(self)}


@dataclass(frozen=True)
class Counted:
    """How many came in one way, whoever they are."""

    kind: str
    protocol: int
    by_zone: bool
    """Whether by another server than this one."""
    using_tls: bool
    count: int


def write(appliance: Appliance, reports: Sequence[Mapping[str, Any]]) -> None:
    """Keep the latest registration of each. Raises a TanosError where the store takes none."""
    if not reports:
        return
    with appliance.store.change(system_call(appliance, "registered")) as change:
        change.quiet = True
        for one in reports:
            texts = [str(one[name]) for name in ("kind", "id", "name", "release", "via", "address", "said")]
            change.execute(_KEEP, *texts, int(one["protocol"]), int(bool(one["using_tls"])), change.now)


def forget(appliance: Appliance) -> None:
    """Keep of those that came by one server the latest MOST_BY_ONE. Raises a TanosError where nothing is written."""
    with appliance.store.change(system_call(appliance, "registered")) as change:
        change.quiet = True
        for row in change.execute(
            "SELECT via FROM registered GROUP BY via HAVING COUNT(*) > ?", MOST_BY_ONE
        ).fetchall():
            change.execute(_FORGET, row["via"], row["via"], MOST_BY_ONE - 1)


def registered(appliance: Appliance, kind: str) -> list[Registered]:
    """Return who registered, the latest first."""
    rows = appliance.store.rows("SELECT * FROM registered WHERE kind = ? ORDER BY at DESC, name", kind)
    return [Registered(**{**dict(row), "using_tls": bool(row["using_tls"])}) for row in rows]


def registered_anywhere(appliance: Appliance, kind: str) -> list[Registered]:
    """Return who registered, here or at the other Tanium Server of the pair, each as last seen; the latest first."""
    sql = "SELECT * FROM registered_elsewhere WHERE kind = ? ORDER BY at DESC, name"
    there = [
        Registered(**{**dict(row), "using_tls": bool(row["using_tls"])}) for row in appliance.store.rows(sql, kind)
    ]
    last: dict[str, Registered] = {}
    for each in sorted((*registered(appliance, kind), *there), key=lambda one: (one.at, not one.server)):
        last[each.id] = each
    return sorted(last.values(), key=lambda one: (one.at, one.name), reverse=True)


def counted(appliance: Appliance) -> list[Counted]:
    """Return how many registered in which way: for who asks for no names, however many there are."""
    return [
        Counted(row["kind"], row["protocol"], bool(row["by_zone"]), bool(row["using_tls"]), row["count"])
        for row in appliance.store.rows(_COUNT)
    ]
