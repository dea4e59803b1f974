"""Who registered at the other Tanium Server, as last seen there: told in pages, from where the other has come to.

Invariants: a page says what is true of each client now, so that one that is lost, late or repeated does no harm; what
is kept of one server is bounded. A row comes from a server, which had it from outside: each field has a bound.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tanos.actor import system_call
from tanos.appliance import Appliance
from tanos.moments import moment_text
from tanos.services.frames import frame_bytes
from tanos.services.protocol import HIGHEST
from tanos.services.registered import MOST_BY_ONE

MOST, MOST_BYTES = 512, 64 * 1024
"""Clients of one page, and the bytes of them."""
SETTLED = timedelta(seconds=5)
"""After which nobody registers any more in a second that has passed, however long a transaction took."""
_NAMES = ("id", "name", "release", "via", "address", "said", "at")
_LONGEST = {"id": 128, "name": 256, "release": 32, "via": 256, "address": 256, "said": 256, "at": 20}
_PAGE = (
    "SELECT id, name, release, protocol, via, using_tls, address, said, at FROM registered"
    " WHERE kind = 'client' AND (at, id) > (?, ?) AND at < ? ORDER BY at, id LIMIT ?"
)
_KEEP = (
    "INSERT INTO registered_elsewhere (server, kind, id, name, release, via, address, said, at, protocol, using_tls)"
    " VALUES (?, 'client', ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (server, kind, id) DO UPDATE SET"
    " name = excluded.name, release = excluded.release, protocol = excluded.protocol, via = excluded.via,"
    " using_tls = excluded.using_tls, address = excluded.address, said = excluded.said, at = excluded.at"
    " WHERE excluded.at >= at"
)
_FORGET = (
    "DELETE FROM registered_elsewhere WHERE server = ? AND at <"
    " (SELECT at FROM registered_elsewhere WHERE server = ? ORDER BY at DESC LIMIT 1 OFFSET ?)"
)


@dataclass(frozen=True)
class Reached:
    """Up to which client one has heard."""

    at: str = ""
    id: str = ""


def page(appliance: Appliance, after: Reached) -> list[dict[str, Any]]:
    """Return those that registered here after that one, the earliest first."""
    rows, length, settled = list[dict[str, Any]](), 0, moment_text(appliance.clock() - SETTLED)
    for row in appliance.store.rows(_PAGE, after.at, after.id, settled, MOST):
        rows.append({**dict(row), "using_tls": bool(row["using_tls"])})
        length += len(frame_bytes(rows[-1]))
        if length > MOST_BYTES:
            break
    return rows


def reached(appliance: Appliance, server: str) -> Reached:
    """Return up to which client was heard of that server."""
    row = appliance.store.row(
        "SELECT at, id FROM registered_elsewhere WHERE server = ? ORDER BY at DESC, id DESC LIMIT 1", server
    )
    return Reached(row["at"], row["id"]) if row else Reached()


def forget_later(appliance: Appliance, server: str, now: str) -> None:
    """Forget whom that server saw later than it is `now` there: its clock was wrong, and they are heard again.

    Raises NotYet `busy`, Damaged.
    """
    if is_moment(now) and reached(appliance, server).at > now:
        with appliance.store.change(system_call(appliance, "synchronise")) as change:
            change.quiet = True
            change.execute("DELETE FROM registered_elsewhere WHERE server = ? AND at > ?", server, now)


def take_page(appliance: Appliance, server: str, rows: object) -> int:
    """Keep what that server says of its clients; return how many it named. Raises NotYet `busy`, Damaged."""
    found = list(_read(rows))
    if not found:
        return 0
    with appliance.store.change(system_call(appliance, "synchronise")) as change:
        change.quiet = True  # no operator's doing, as whoever registers here
        for each in found:
            texts = [each[name] for name in _NAMES]
            change.execute(_KEEP, server, *texts, each["protocol"], int(each["using_tls"]))
        change.execute(_FORGET, server, server, MOST_BY_ONE - 1)
    return len(found)


def forget_all_but(appliance: Appliance, servers: Sequence[str]) -> None:
    """Forget what others said than those: they are trusted no more. Raises NotYet `busy`, Damaged."""
    kept = ", ".join("?" * len(servers))
    gone = f"FROM registered_elsewhere WHERE server NOT IN ({kept})"
    if appliance.store.row(f"SELECT 1 {gone} LIMIT 1", *servers) is not None:
        with appliance.store.change(system_call(appliance, "synchronise")) as change:
            change.quiet = True
            change.execute(f"DELETE {gone}", *servers)


def _read(rows: object) -> Iterator[dict[str, Any]]:
    for row in rows[:MOST] if isinstance(rows, list) else ():
        if isinstance(row, dict) and _fits(row):
            yield row


def _fits(row: dict[str, Any]) -> bool:
    texts = all(isinstance(row.get(name), str) and len(row[name]) <= most for name, most in _LONGEST.items())
    protocol = row.get("protocol")
    has_rest = type(protocol) is int and 0 <= protocol <= HIGHEST and type(row.get("using_tls")) is bool
    return texts and has_rest and is_moment(row["at"])


def is_moment(text: object) -> bool:
    """Say whether it is a moment as it is stored."""
    if not isinstance(text, str):
        return False
    try:
        return moment_text(datetime.fromisoformat(text)) == text
    except (ValueError, OverflowError):
        return False
