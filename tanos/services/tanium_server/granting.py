"""Intermediate keys of servers, signed by way of the Tanium Server's process: it hands requests to the supervisor.

Invariant: a zone server has one signed under the name alone that its hub gave, over an encrypted way, and not again
and again: a request costs a durable write.
"""

import time
from collections.abc import Callable

from tanos.services.certifying import PAUSE_SECONDS
from tanos.services.frames import Frame
from tanos.services.line import Line, LineLost
from tanos.services.protocol import Part, refusal, word
from tanos.services.relaying import Asking

WHAT = "intermediate"
_MOST_REMEMBERED, _LONGEST = 256, 4096


class Granting:
    """Of one Tanium Server."""

    def __init__(self, line: Line, fqdn: str, since: Callable[[], float] = time.monotonic) -> None:
        self._line, self._fqdn, self._since = line, fqdn, since
        self._last: dict[str, float] = {}

    async def own(self, words: Frame) -> Frame:
        """Return what this server is given for its own request. Raises OSError."""
        return await self._asked(words, self._fqdn)

    async def to_zone(self, asking: Asking, words: object) -> Frame:
        """Answer a zone server that wants its key signed. Raises BadFrame."""
        if asking.hello.part is not Part.ZONE_SERVER or not asking.via:
            return refusal("not-understood")
        if not asking.uses_tls:
            return refusal("tls-required")
        now = self._since()
        if now - self._last.get(asking.via, -PAUSE_SECONDS) < PAUSE_SECONDS / 2:
            return refusal("too-soon")
        self._last.pop(asking.via, None)
        self._last[asking.via] = now
        if len(self._last) > _MOST_REMEMBERED:
            del self._last[next(iter(self._last))]
        try:
            return await self._asked(words, asking.via)
        except OSError:
            return refusal("not-granted")

    async def _asked(self, words: object, holder: str) -> Frame:
        request = word(words if isinstance(words, dict) else {}, "request", _LONGEST)
        try:
            return await self._line.ask(WHAT, request=request, holder=holder)
        except LineLost as error:
            raise ConnectionResetError from error
