"""Calls that wait for the disk, several at a time: a disk that is busy with others takes as long for one as for many.

Invariant: whoever asks goes on when all of them are done, and hears what became of each.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures.thread import ThreadPoolExecutor
from contextlib import suppress

from tanos.confinement.beneath import open_beneath

_AT_A_TIME = 4
"""Threads, the one that asks among them; each takes 72 MB of addresses, of which a connection has not many."""
_HOLD = os.O_PATH | os.O_NOFOLLOW


class Disk:
    """What one connection wants of the disk; no thread is started before it is needed."""

    def __init__(self) -> None:
        self._others = ThreadPoolExecutor(_AT_A_TIME - 1)
        self._held: list[int] = []

    def make_durable(self, descriptors: Sequence[int]) -> dict[int, OSError]:
        """Make the bytes of open files durable; return what went wrong, by descriptor."""
        return self._side_by_side(os.fsync, descriptors)

    def hold(self, directory: int, name: str) -> None:
        """Keep what stands under `name` from being taken apart while it loses its name, for which others wait."""
        with suppress(OSError):
            self._held.append(open_beneath(directory, name, _HOLD))

    def let_go(self) -> None:
        """Let what is held, and has no name any more, be taken apart."""
        held, self._held = self._held, []
        self._side_by_side(os.close, held)

    def _side_by_side(self, call: Callable[[int], object], descriptors: Sequence[int]) -> dict[int, OSError]:
        mine, *rest = (descriptors[first::_AT_A_TIME] for first in range(_AT_A_TIME))
        theirs = [self._others.submit(_call_for_each, call, part) for part in rest if part]
        failed = _call_for_each(call, mine)
        for each in theirs:
            failed |= each.result()
        return failed


def _call_for_each(call: Callable[[int], object], descriptors: Sequence[int]) -> dict[int, OSError]:
    failed = {}
    for descriptor in descriptors:
        try:
            call(descriptor)
        except OSError as error:
            failed[descriptor] = error
    return failed
