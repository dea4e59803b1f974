"""How much of the audit one sender of files may fill: records one by one up to a bound, then a count of the rest.

Invariant: what one sender leaves waiting for the disk is a part of what may wait, so that he drives out nobody else's
records; what is remembered is bounded.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

MOST_UPLOADS = 10_000
"""Of one sender, written down one by one in one go: receipts name their records."""
MOST_OTHERS = 2_000
"""The same of all that brings nothing: fetched, renamed, removed, refused."""
PER_SECOND = 1.0
_MOST_SENDERS = 1024


class Shares:
    """What each may still have written down."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def takes(self, who: Hashable, most: int) -> bool:
        """Say whether one more record of his is written down; a second gives back PER_SECOND."""
        now = self._clock()
        left, at = self._left.pop(who, (float(most), now))
        left = min(float(most), left + (now - at) * PER_SECOND)
        self._left[who] = (left - 1 if left >= 1 else left, now)
        while len(self._left) > _MOST_SENDERS:
            self._left.popitem(last=False)
        return left >= 1
