"""Who is signed in to console and API.

Invariants: a session is a random string that is kept as its hash alone; it ends after a while of doing nothing, after
a day in any case, and when its user is changed. How many there are is bounded, in all and for one user: the oldest
go. They are this process's: a restart ends them.
"""

import hashlib
import secrets
import time
from collections import Counter
from dataclasses import dataclass, field

IDLE_SECONDS, LONGEST_SECONDS = 15 * 60.0, 24 * 3600.0
MOST, MOST_OF_ONE = 1024, 64


@dataclass
class Session:
    """One of them."""

    user: str
    role: str
    since: float
    last: float

    @property
    def is_administrator(self) -> bool:
        """Whether everything may be seen."""
        return self.role == "Administrator"


@dataclass
class Sessions:
    """All of one server."""

    _open: dict[bytes, Session] = field(default_factory=dict)
    """By the hash of the string, the oldest first."""
    ended: Counter[str] = field(default_factory=Counter)
    """How often a user was signed out everywhere."""

    def make(self, user: str, role: str) -> str:
        """Begin one; return its string."""
        now = time.monotonic()
        for key in [key for key, each in self._open.items() if _is_over(each, now)]:
            del self._open[key]
        mine = [key for key, each in self._open.items() if each.user == user]
        for key in mine[: max(0, len(mine) - MOST_OF_ONE + 1)]:
            del self._open[key]
        for key in list(self._open)[: max(0, len(self._open) - MOST + 1)]:
            del self._open[key]
        text = secrets.token_urlsafe(32)
        self._open[_key(text)] = Session(user, role, now, now)
        return text

    def find(self, text: str) -> Session | None:
        """Return the session of a string, which thereby goes on."""
        found, now = self._open.get(_key(text)), time.monotonic()
        if found is None or _is_over(found, now):
            return None
        found.last = now
        return found

    def end(self, text: str) -> None:
        """End one."""
        self._open.pop(_key(text), None)

    def __len__(self) -> int:
        """Return how many are open."""
        now = time.monotonic()
        return sum(not _is_over(each, now) for each in self._open.values())

    def end_of(self, user: str) -> None:
        """End all of one user."""
        self.ended[user] += 1
        self._open = {key: each for key, each in self._open.items() if each.user != user}


def _is_over(session: Session, now: float) -> bool:
    return now - session.last > IDLE_SECONDS or now - session.since > LONGEST_SECONDS


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="replace")).digest()
