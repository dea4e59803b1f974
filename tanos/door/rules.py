"""From which networks users sign in by SSH.

Invariants: no rule lets everybody in; one rule or more lets in whom one of them holds, and nobody else. They hold for
users of the console alone: tancopy serves other appliances, each by a key that has networks of its own (`from=`).
"""

from collections.abc import Sequence

from tanos.appliance import Appliance
from tanos.door.networks import Network, holds, read_network
from tanos.platform import UserRole
from tanos.trials.tables import Whole

SSH_RULES = Whole("ssh-rules", "ssh_rules")


def rules(appliance: Appliance) -> list[Network]:
    """Return the networks, the oldest rule first; none: everywhere."""
    rows = appliance.store.rows("SELECT network FROM ssh_rules ORDER BY rowid")
    return [read_network(row["network"]) for row in rows]


def let_in(networks: Sequence[Network], address: str, user: str) -> bool:
    """Say whether `user` may sign in from that address."""
    return not networks or user == UserRole.TANCOPY.value or holds(networks, address)
