"""Which clients a client is told of: the last ones that registered by the same server and listen.

Rule: from 7.4 on clients talk to each other by TLS alone. So those of each protocol are told of their own kind, and
one of 7.4 only where it came encrypted. Invariant: what is remembered is bounded, whatever clients claim.
"""

from collections import deque
from dataclasses import dataclass, field

from tanos.services.frames import Frame
from tanos.services.protocol import NEW
from tanos.services.relaying import Asking

REMEMBERED, NAMED, MOST_SERVERS = 16, 4, 1024


@dataclass
class Neighbours:
    """Of all clients of one Tanium Server."""

    _latest: dict[tuple[str, int], deque[Frame]] = field(default_factory=dict)
    """By the server that they came by, and their protocol."""

    def name(self, asking: Asking, told: object) -> list[Frame]:
        """Return a few other clients; remember this one where it told that it listens, and where."""
        hello = asking.hello
        if hello.protocol == NEW and not asking.uses_tls:
            return []
        latest = self._latest.get((asking.via, hello.protocol))
        if latest is None:
            if len(self._latest) >= MOST_SERVERS:
                return []
            latest = self._latest[asking.via, hello.protocol] = deque(maxlen=REMEMBERED)
        others = [each for each in latest if each["id"] != hello.id]
        where = _where(told)
        if where:
            latest.clear()
            latest.extend((*others, {"id": hello.id, "name": hello.name, "address": asking.address, **where}))
        return others[-NAMED:]


def _where(told: object) -> Frame:
    """Return what a client told of where it listens; nothing where it did not."""
    port = told.get("port") if isinstance(told, dict) else None
    return {"port": port} if type(port) is int and 0 < port < 1 << 16 else {}
