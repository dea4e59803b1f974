"""Clients that are revoked, each by the identifier of the key that it is known by: for good, as a certificate is.

Invariant: bounded, and whoever is revoked stays so: of more than MOST none is taken.
"""

from collections.abc import Iterable
from typing import NamedTuple

from tanos.appliance import Appliance
from tanos.errors import AnswerRefused
from tanos.message import N_
from tanos.store.store import Change
from tanos.trust.kept import trusted_others

MOST = 4096
_ALL = "SELECT id, revoked_by, revoked_at FROM revoked_clients ORDER BY revoked_at DESC, id LIMIT ?"
_KEEP = "INSERT OR IGNORE INTO revoked_clients (id, revoked_by, revoked_at) VALUES (?, ?, ?)"


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


def write_revoked(change: Change, revoked: Iterable[RevokedClient]) -> None:
    """Write down that they are. Raises AnswerRefused `list-full`."""
    change.connection.executemany(_KEEP, list(revoked))
    if change.execute("SELECT COUNT(*) FROM revoked_clients").fetchone()[0] > MOST:
        raise AnswerRefused(
            "list-full",
            N_("As many clients are revoked as servers keep ({most}).", most=MOST),
            N_("Keep this one out by the network: who makes new keys without end is not kept out by ids."),
        )
