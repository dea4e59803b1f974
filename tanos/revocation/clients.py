"""Clients that are revoked, each by the identifier of the key that it is known by: for good, as a certificate is.

Invariant: bounded: of more than MOST the latest are kept, here and of what another server tells.
"""

from collections.abc import Iterable
from typing import NamedTuple

from tanos.appliance import Appliance
from tanos.store.store import Change
from tanos.trust.kept import trusted_others

MOST = 4096
_ALL = "SELECT id, revoked_by, revoked_at FROM revoked_clients ORDER BY revoked_at DESC, id LIMIT ?"
_KEEP = (
    "INSERT INTO revoked_clients (id, revoked_by, revoked_at) VALUES (?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET revoked_by = excluded.revoked_by, revoked_at = excluded.revoked_at"
    " WHERE (excluded.revoked_at, excluded.revoked_by) < (revoked_at, revoked_by)"
)
_FORGET = (
    "DELETE FROM revoked_clients WHERE id NOT IN"
    " (SELECT id FROM revoked_clients ORDER BY revoked_at DESC, id LIMIT ?)"
)


class RevokedClient(NamedTuple):
    """One of them."""

    id: str
    revoked_by: str
    revoked_at: str


def revoked_clients(appliance: Appliance, most: int = MOST) -> list[RevokedClient]:
    """Return the latest."""
    return [RevokedClient(*row) for row in appliance.store.rows(_ALL, most)]


def revoked_client(appliance: Appliance, client_id: str) -> RevokedClient | None:
    """Return it where that one is revoked."""
    row = appliance.store.row("SELECT id, revoked_by, revoked_at FROM revoked_clients WHERE id = ?", client_id)
    return RevokedClient(*row) if row is not None else None


def refused_clients(appliance: Appliance) -> list[str]:
    """Return the ids of the latest that are revoked here, and of those that a server revoked which is trusted."""
    own = [each.id for each in revoked_clients(appliance)]
    trusted = {each.fqdn for each in trusted_others(appliance)}
    rows = appliance.store.rows("SELECT server, id FROM revoked_clients_elsewhere ORDER BY id") if trusted else []
    return list(dict.fromkeys((*own, *(row["id"] for row in rows if row["server"] in trusted))))


def write_revoked(change: Change, revoked: Iterable[RevokedClient]) -> int:
    """Write down that they are; return of how many that was news. Of what is told twice the earlier time holds."""
    before = change.connection.total_changes
    change.connection.executemany(_KEEP, list(revoked))
    news = change.connection.total_changes - before
    if news:
        change.execute(_FORGET, MOST)
    return news
