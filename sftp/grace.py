"""How long a session may go on after its client is gone.

Invariants: an idle session ends at once, and is killed after IDLE_SECONDS. Work that was confirmed is not torn by the
hangup: it may go on to its end, for WORK_SECONDS at most. Then its own alarm ends it, or the warm parent does, which
reads from a page that both share whether there is such work.
"""

import mmap
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

IDLE_SECONDS = 2.0
"""Between being asked to go and being killed."""
WORK_SECONDS = 10.0
"""The same, for a session with confirmed work in flight."""
HUNG_UP = 129
"""The exit status of a session that was asked to go."""


class Mark:
    """Says across a fork whether there is confirmed work in flight: one byte that parent and child share."""

    def __init__(self) -> None:
        self._page = mmap.mmap(-1, 1)

    @property
    def is_set(self) -> bool:
        """Whether there is."""
        return bool(self._page[0])

    def set(self, working: bool) -> None:
        """Say so."""
        self._page[0] = working

    def close(self) -> None:
        """Let go of it."""
        self._page.close()


class _Here:
    """This process."""

    mark: Mark | None = None
    works = 0
    asked_to_go = False


def carry(mark: Mark) -> None:
    """Have the warm parent know of the work of this process by `mark`."""
    _Here.mark = mark


@contextmanager
def confirmed_work() -> Iterator[None]:
    """Run the block to its end although the client is gone; then leave, where the hangup was put off for it."""
    _count(1)
    try:
        yield
    finally:
        _count(-1)
        if _Here.asked_to_go and not _Here.works:
            raise SystemExit(HUNG_UP)


def end_at_hangup() -> None:
    """Let a lost connection end this process by an exception, which closes what is open; see `confirmed_work`.

    So does SIGTERM: who stops a service may send it to all its processes.
    """
    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, _leave)


def _leave(_number: int, _frame: FrameType | None) -> None:
    if not _Here.works:
        raise SystemExit(HUNG_UP)
    if not _Here.asked_to_go:
        _Here.asked_to_go = True
        signal.setitimer(signal.ITIMER_REAL, WORK_SECONDS)


def _count(more: int) -> None:
    _Here.works += more
    if _Here.mark is not None:
        _Here.mark.set(_Here.works > 0)
