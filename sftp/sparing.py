"""What repeats at the will of strangers is written down once, and later how often it came.

Invariants: of one thing at most one record a minute; what is remembered is bounded.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

QUIET_SECONDS = 60.0
_MOST_THINGS = 1024


class Sparing:
    """Says which of many like events is written down."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: OrderedDict[Hashable, tuple[float, int]] = OrderedDict()

    def since_last(self, thing: Hashable) -> int | None:
        """Return how many were left out since the last that was written down; None where this one is left out too."""
        now = self._clock()
        last, left_out = self._seen.get(thing, (-QUIET_SECONDS, 0))
        if now - last < QUIET_SECONDS:
            self._seen[thing] = (last, left_out + 1)
            return None
        self._seen.pop(thing, None)
        self._seen[thing] = (now, 0)
        while len(self._seen) > _MOST_THINGS:
            self._seen.popitem(last=False)
        return left_out


def counted(left_out: int) -> str:
    """Say, for the audit, how many like it were left out before."""
    return f"and {left_out} before" if left_out else ""
