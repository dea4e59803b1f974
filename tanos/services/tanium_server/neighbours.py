"""Which clients a client is told of: the last ones that registered by the same server and listen.

Rule: from 7.4 on clients talk to each other by TLS alone. So those of each protocol are told of their own kind, and
one of 7.4 only where it came encrypted and says which certificate it shows: that is handed on with its address.
Invariant: what is remembered is bounded, whatever clients claim.
"""

import re
from collections import deque
from dataclasses import dataclass, field

from tanos.services.frames import Frame
from tanos.services.protocol import NEW
from tanos.services.relaying import Asking

REMEMBERED, NAMED, MOST_SERVERS = 16, 4, 1024
_FINGERPRINT = re.compile("[0-9a-f]{64}")


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
        where = _where(told, shows=hello.protocol == NEW)
        if where:
            latest.clear()
            latest.extend((*others, {"id": hello.id, "name": hello.name, "address": asking.address, **where}))
        return others[-NAMED:]


def _where(told: object, *, shows: bool) -> Frame:
    """Return what a client told of where it listens and what it shows there; nothing where it did not."""
    words = told if isinstance(told, dict) else {}
    port, certificate = words.get("port"), words.get("certificate")
    if type(port) is not int or not 0 < port < 1 << 16:
        return {}
    if not shows:
        return {"port": port}
    is_one = isinstance(certificate, str) and _FINGERPRINT.fullmatch(certificate)
    return {"port": port, "certificate": certificate} if is_one else {}
