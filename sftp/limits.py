"""What one connection and one user may have, and for how long.

Invariants: who has to go is told why, and his terminal is left as it was found. A menu is ended by its own time limit
and by none of idleness here; a verb that works is never idle. What can be decided anew only by signing in (how many
menus a user has) never keeps a verb out.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sftp.channel import Channel
from sftp.terms import Terms
from tanos.errors import NotYet, TanosError
from tanos.message import N_, Message

TOO_LONG, IDLE = "session-limit", "idle-limit"
"""What the audit says of a connection that had to go."""
_FILES = "files"


@dataclass
class Stay:
    """How long a connection has been here, and since when nothing was asked in it; monotonic seconds."""

    began: float
    heard: float

    def overdue(self, terms: Terms, channels: Iterable[Channel], now: float) -> tuple[str, Message] | None:
        """Say why it has to go now, for the audit and for the client; None where it may stay."""
        for channel in channels:
            self.heard = max(self.heard, channel.heard if channel.kind == _FILES else now)
        if terms.session_limit and now - self.began > terms.session_limit:
            return TOO_LONG, N_("This connection lasted as long as the appliance allows.")
        if terms.idle_limit and now - self.heard > terms.idle_limit:
            return IDLE, N_("Nothing was asked in this connection for as long as the appliance waits.")
        return None


def too_many_menus(user: str, menus: int, terms: Terms) -> TanosError | None:
    """Say why a user who has so many menus open gets no other; None where he does."""
    if not terms.concurrent_logins or menus < terms.concurrent_logins:
        return None
    return NotYet(
        "too-many-logins",
        N_(
            "{user} has {count} menu open, as many as one user may here.",
            "{user} has {count} menus open, as many as one user may here.",
            user=user,
            count=menus,
        ),
        N_("Leave one of them. Verbs are not counted; by one, the policy concurrent-logins is decided anew."),
    )
