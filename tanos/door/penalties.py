"""Whom the front door makes wait for guessing passwords, and who is never made to.

Invariant: a penalty is a row that every face can read, explain and lift, and that a restart does not end; one that is
lifted stays as a row until the front door has seen it. Nobody who signs in by a key is ever asked about it.
"""

from dataclasses import dataclass
from datetime import datetime
from sqlite3 import Row

from tanos.appliance import Appliance
from tanos.door.networks import Network, read_network
from tanos.store.store import Change

WINDOW_SECONDS = 15 * 60
"""Failures further apart than that are not counted together."""
KEYS_A_FAILURE = 10
"""Connections that offered none but unknown keys which weigh as much as one wrong password."""


@dataclass(frozen=True)
class Penalty:
    """Passwords from `network` are not checked until then."""

    network: str
    passwords: int
    """Wrong ones."""
    connections: int
    """That offered none but unknown keys."""
    since: str
    """When the first of these was seen; UTC, ISO 8601."""
    until: str
    refused: int
    """Passwords that were not checked since."""


def penalties(appliance: Appliance) -> list[Penalty]:
    """Return the penalties that hold now, the latest to end first."""
    rows = appliance.store.rows(
        "SELECT * FROM penalties WHERE NOT lifted AND until > ? ORDER BY until DESC, network", appliance.store.now()
    )
    return [_penalty(row) for row in rows]


def lifted(appliance: Appliance) -> list[str]:
    """Return the networks whose penalty was lifted."""
    return [row["network"] for row in appliance.store.rows("SELECT network FROM penalties WHERE lifted")]


def exemptions(appliance: Appliance) -> list[Network]:
    """Return the networks that are never penalised."""
    rows = appliance.store.rows("SELECT network FROM penalty_exemptions ORDER BY added_at, network")
    return [read_network(row["network"]) for row in rows]


def write_penalty(change: Change, penalty: Penalty) -> None:
    """Remember a penalty, and forget those that ended."""
    change.execute("DELETE FROM penalties WHERE until <= ?", change.now)
    change.execute(
        "INSERT OR REPLACE INTO penalties (network, passwords, connections, since, until, refused, lifted)"
        " VALUES (?, ?, ?, ?, ?, ?, 0)",
        penalty.network,
        penalty.passwords,
        penalty.connections,
        penalty.since,
        penalty.until,
        penalty.refused,
    )


def count_refused(change: Change, network: str, refused: int) -> None:
    """Remember how many passwords were not checked so far."""
    change.execute("UPDATE penalties SET refused = ? WHERE network = ?", refused, network)


def forget_penalty(change: Change, network: str) -> None:
    """Forget a penalty that ended."""
    change.execute("DELETE FROM penalties WHERE network = ?", network)


def forget_lifted(change: Change, network: str) -> None:
    """Forget a penalty that was lifted, unless another began."""
    change.execute("DELETE FROM penalties WHERE network = ? AND lifted", network)


def moment(text: str) -> datetime:
    """Return a time as the store writes it."""
    return datetime.fromisoformat(text)


def _penalty(row: Row) -> Penalty:
    return Penalty(row["network"], row["passwords"], row["connections"], row["since"], row["until"], row["refused"])
