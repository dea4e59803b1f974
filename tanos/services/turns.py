"""One after the other, and few who wait: where there is no room, whoever takes most of it gives some up.

Invariants: how many wait is bounded. A network that has no place gets one for as long as another has two or more, so
that a few addresses leave nobody out; whoever is known comes before every stranger. Places are served as they came.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tanos.errors import NotYet
from tanos.message import N_


@dataclass(frozen=True, eq=False)
class _Place:
    network: str
    is_known: bool
    called: asyncio.Future[None]


class Turns:
    """Of one thing that is done one at a time."""

    def __init__(self, most: int) -> None:
        """At most so many wait."""
        self._most = most
        self._waiting: list[_Place] = []
        self._is_taken = False

    @asynccontextmanager
    async def turn(self, network: str, *, is_known: bool) -> AsyncIterator[None]:
        """Hold the turn. Raises NotYet `busy` where there is no room, or somebody else needed it more."""
        if self._is_taken:
            await self._wait(_Place(network, is_known, asyncio.get_running_loop().create_future()))
        self._is_taken = True
        try:
            yield
        finally:
            self._call_next()

    async def _wait(self, place: _Place) -> None:
        if len(self._waiting) >= self._most:
            self._make_room(place)
        self._waiting.append(place)
        try:
            await place.called
        except asyncio.CancelledError:
            if place in self._waiting:
                self._waiting.remove(place)
            elif not place.called.cancelled() and place.called.exception() is None:
                self._call_next()
            raise

    def _make_room(self, place: _Place) -> None:
        strangers = [each for each in self._waiting if not each.is_known]
        counted = Counter(each.network for each in strangers)
        if not strangers:
            raise _busy()
        network, count = counted.most_common(1)[0]
        if not place.is_known and count <= counted[place.network] + 1:
            raise _busy()
        last = next(each for each in reversed(strangers) if each.network == network)
        self._waiting.remove(last)
        last.called.set_exception(_busy())

    def _call_next(self) -> None:
        self._is_taken = bool(self._waiting)
        if self._waiting:
            self._waiting.pop(0).called.set_result(None)


def _busy() -> NotYet:
    return NotYet("busy", N_("Too many sign in at once."), N_("Try again in a few seconds."))
