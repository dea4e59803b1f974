"""On which terms the front door lets in: what administrators decided about it, read together.

Invariant: the terms follow the store without anybody being told: whoever decides in another process is heard within
half a second. A store that cannot be read just now leaves the terms as they were; at the start, as they are shipped.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tanos.appliance import Appliance
from tanos.door.banner import banner
from tanos.door.networks import Network
from tanos.door.penalties import exemptions
from tanos.door.rules import rules
from tanos.errors import TanosError
from tanos.keys.host_rotation import NextKey, next_keys
from tanos.policy.door import (
    CONCURRENT_LOGINS,
    IDLE_LIMIT,
    KEEP_ALIVE,
    LOGIN_GRACE,
    OLD_CLIENTS,
    PENALTY_AFTER,
    PENALTY_SECONDS,
    POST_QUANTUM_ONLY,
    REKEY_MEGABYTES,
    REKEY_MINUTES,
    SESSION_LIMIT,
)

LOOK_SECONDS = 0.5
MINUTE = 60.0
"""Seconds."""


@dataclass(frozen=True)
class Terms:
    """What holds for those who come now."""

    penalty_after: int = PENALTY_AFTER.default
    """Wrong passwords; 0: no penalties."""
    penalty_seconds: int = PENALTY_SECONDS.default
    exempt: Sequence[Network] = ()
    """Networks that are never penalised."""
    login_grace: float = LOGIN_GRACE.default
    """Seconds, as all times below; 0: no limit."""
    session_limit: float = SESSION_LIMIT.default * MINUTE
    idle_limit: float = IDLE_LIMIT.default * MINUTE
    keep_alive: float = KEEP_ALIVE.default
    rekey_seconds: float = REKEY_MINUTES.default * MINUTE
    rekey_bytes: int = REKEY_MEGABYTES.default << 20
    concurrent_logins: int = CONCURRENT_LOGINS.default
    """Menus of one user; 0: no limit."""
    post_quantum_only: bool = False
    old_clients: bool = False
    rules: Sequence[Network] = ()
    """Networks from where users sign in; none: from everywhere."""
    banner: str = ""
    """What is shown before signing in."""
    following: Sequence[NextKey] = ()
    """Host keys that are announced, or shown already, besides those that stood first."""


def read_terms(appliance: Appliance) -> Terms:
    """Return the terms as they stand in the store. Raises TanosError."""
    return Terms(
        penalty_after=PENALTY_AFTER.read(appliance),
        penalty_seconds=PENALTY_SECONDS.read(appliance),
        exempt=tuple(exemptions(appliance)),
        login_grace=LOGIN_GRACE.read(appliance),
        session_limit=SESSION_LIMIT.read(appliance) * MINUTE,
        idle_limit=IDLE_LIMIT.read(appliance) * MINUTE,
        keep_alive=KEEP_ALIVE.read(appliance),
        rekey_seconds=REKEY_MINUTES.read(appliance) * MINUTE,
        rekey_bytes=REKEY_MEGABYTES.read(appliance) << 20,
        concurrent_logins=CONCURRENT_LOGINS.read(appliance),
        post_quantum_only=bool(POST_QUANTUM_ONLY.read(appliance)),
        old_clients=bool(OLD_CLIENTS.read(appliance)),
        rules=tuple(rules(appliance)),
        banner=banner(appliance),
        following=tuple(next_keys(appliance)),
    )


def first_terms(appliance: Appliance) -> Terms:
    """Return the terms to open the door on; a database that cannot be read is no reason to stay closed."""
    try:
        return read_terms(appliance)
    except TanosError:
        return Terms()
