"""Who asks, from where, by which face, for what: the half of an audit record that the door knows."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tanos.platform import UserRole

if TYPE_CHECKING:
    from tanos.appliance import Appliance


@dataclass(frozen=True)
class Actor:
    """A signed-in user of the console."""

    user: str
    role: UserRole
    face: str
    """`screens`, `plain`, `verb`; `files` for a drop box, `door` for coming and going, `system` for the appliance."""
    session: str = ""
    address: str = ""
    """Where the client connects from; empty where there is no network."""
    key: str = ""
    """`SHA256:…` of the SSH key signed in with; empty for a password."""
    came_after: int = -1
    """The newest change on trial when his connection to the front door began; -1: he did not come through it."""


@dataclass(frozen=True)
class Call:
    """One verb asked of one appliance by one actor."""

    appliance: "Appliance"
    actor: Actor
    verb: str
    path: str = ""
    """The menu path (`2-Z-1`) where it came from a menu."""


def system_call(appliance: "Appliance", verb: str) -> Call:
    """Return a call of the appliance itself (init, recovery at start)."""
    return Call(appliance, Actor("root", UserRole.TANADMIN, "system"), verb)
