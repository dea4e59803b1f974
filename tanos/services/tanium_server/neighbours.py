"""Which clients a client is told of: the last ones that registered by the same server and listen.

Rule: from 7.4 on clients talk to each other by TLS alone, for which they have no key yet: none is named to them.
Invariant: what is remembered is bounded, whatever clients claim.
"""

from collections import deque
from dataclasses import dataclass, field

from tanos.services.frames import Frame
from tanos.services.protocol import OLD
from tanos.services.relaying import Asking

REMEMBERED, NAMED, MOST_SERVERS = 16, 4, 1024


@dataclass
class Neighbours:
    """Of all clients of one Tanium Server."""

    _latest: dict[str, deque[Frame]] = field(default_factory=dict)
    """By the server that they came by."""

    def name(self, asking: Asking, port: object) -> list[Frame]:
        """Return a few other clients; remember this one where it listens."""
        if asking.hello.protocol != OLD:
            return []
        latest = self._latest.get(asking.via)
        if latest is None:
            if len(self._latest) >= MOST_SERVERS:
                return []
            latest = self._latest[asking.via] = deque(maxlen=REMEMBERED)
        others = [each for each in latest if each["id"] != asking.hello.id]
        if type(port) is int and 0 < port < 1 << 16:
            mine = {"id": asking.hello.id, "name": asking.hello.name, "address": asking.address, "port": port}
            latest.clear()
            latest.extend((*others, mine))
        return others[-NAMED:]
