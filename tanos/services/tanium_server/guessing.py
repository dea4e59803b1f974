"""Who guesses passwords is made to wait, by where he comes from: an address, or the /64 of one IPv6 host.

Invariant: what is remembered is bounded; of a network that is forgotten for lack of room the lock-out of the user
still holds.
"""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tanos.door.networks import network_of

MOST_WRONG, WINDOW_SECONDS, MOST_NETWORKS = 10, 60.0, 4096
MOST_AT_ONCE = 4
"""Passwords of one network that are looked at in one moment: the rest of the places is for everybody else."""


@dataclass
class Guessing:
    """Of one server."""

    _wrong: dict[str, list[float]] = field(default_factory=dict)
    """When, by network."""
    _asking: Counter[str] = field(default_factory=Counter)

    def wait(self, address: str) -> int:
        """Return how many seconds nobody from there may try; 0: now."""
        now, wrong = time.monotonic(), self._wrong.get(network_of(address), [])
        recent = [at for at in wrong if now - at < WINDOW_SECONDS]
        return int(WINDOW_SECONDS - (now - recent[-MOST_WRONG])) + 1 if len(recent) >= MOST_WRONG else 0

    @contextmanager
    def asking(self, address: str) -> Iterator[bool]:
        """Count who is asked about for as long as the block lasts; yield whether there is a place for him."""
        network = network_of(address)
        has_place = self._asking[network] < MOST_AT_ONCE
        self._asking[network] += has_place
        try:
            yield has_place
        finally:
            self._asking[network] -= has_place
            if not self._asking[network]:
                del self._asking[network]

    def was_wrong(self, address: str) -> None:
        """Remember a wrong password."""
        network = network_of(address)
        times = self._wrong.pop(network, [])
        if len(self._wrong) >= MOST_NETWORKS:
            del self._wrong[next(iter(self._wrong))]
        self._wrong[network] = [*times, time.monotonic()][-MOST_WRONG:]
