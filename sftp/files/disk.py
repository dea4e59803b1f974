"""Calls that wait for the disk, several at a time: a disk that is busy with others takes as long for one as for many.

Invariant: whoever asks goes on when all of them are done, and hears what became of each.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures.thread import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

from tanos.confinement.beneath import open_beneath

_AT_A_TIME = 4
"""Threads; each may keep 72 MB of addresses, of which a connection has a bounded number."""
_HOLD = os.O_PATH | os.O_NOFOLLOW


class Disk:
    """What one connection wants of the disk; no thread is started before it is needed."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_AT_A_TIME)
        self._held: list[int] = []

    def make_durable(self, descriptors: Sequence[int]) -> list[OSError | None]:
        """Make the bytes of open files durable; return what went wrong with each."""
        return list(self._threads.map(partial(_error_of, os.fsync), descriptors))

    def hold(self, directory: int, name: str) -> None:
        """Keep what stands under `name` from being taken apart while it loses its name, for which others wait."""
        with suppress(OSError):
            self._held.append(open_beneath(directory, name, _HOLD))

    def let_go(self) -> None:
        """Let what is held, and has no name any more, be taken apart."""
        held, self._held = self._held, []
        list(self._threads.map(os.close, held))


def _error_of(call: Callable[[int], object], descriptor: int) -> OSError | None:
    try:
        call(descriptor)
    except OSError as error:
        return error
    return None
