"""Having a process beside the front door: forked before the front gives up its rights, forked again when it dies.

Invariants: whoever watches has one thread, opens nothing and reads nothing. Beside it another stands by, which does
the same once that one dies, as the front, which has given up its rights, cannot. All end when the front's process is
gone, however it went, and the front is told when none of them is left.
"""

import asyncio
import ctypes
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from math import inf
from typing import NoReturn

from tanos.confinement.single import keep_unread

_PAUSE, _LONGEST_PAUSE, _STEADY_SECONDS, _STOP_SECONDS, _GRACE_SECONDS = 0.2, 10.0, 20.0, 15.0, 2.0
_PR_SET_NAME, _PR_SET_PDEATHSIG = 15, 1
_LIBC = ctypes.CDLL(None, use_errno=True)


class Watched:
    """The front's end of what is watched."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    def when_lost(self, tell: Callable[[], None]) -> None:
        """Have the running loop call `tell` once nobody is left who would fork it again."""
        _when_readable(self._end, tell)

    def close(self) -> None:
        """Have all of it end, and wait until it has."""
        self._end.settimeout(_STOP_SECONDS + _GRACE_SECONDS)
        with suppress(OSError):
            self._end.shutdown(socket.SHUT_WR)
            self._end.recv(1)
        self._end.close()


@contextmanager
def watched(
    name: bytes, line: int, be: Callable[[socket.socket], None], fault: Callable[[Exception], object]
) -> Iterator[Watched]:
    """Have a process beside this one for as long as the block lasts, forked again when it dies.

    It does `be`, until the socket that it is given is readable; `line` is a descriptor for it alone, closed here.
    What goes wrong in either is given to `fault`. Raises OSError.
    """
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        ours.close()
        _Watcher(name, theirs, line, be, fault).be()
    theirs.close()
    os.close(line)
    mine = Watched(ours)
    try:
        yield mine
    finally:
        mine.close()
        os.waitpid(child, 0)


class _Watcher:
    """Who watches, and who stands by to do it."""

    def __init__(
        self,
        name: bytes,
        front: socket.socket,
        line: int,
        be: Callable[[socket.socket], None],
        fault: Callable[[Exception], object],
    ) -> None:
        self._name, self._front, self._line = name, front, line
        self._be, self._fault = be, fault

    def be(self) -> NoReturn:
        """Watch until the front is gone."""
        try:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            os.chdir("/")
            keep_unread()
            self._watch()
        except Exception as error:
            self._fault(error)
        finally:
            os._exit(0)

    def _watch(self) -> None:
        _LIBC.prctl(_PR_SET_NAME, self._name, 0, 0, 0)
        _keep_only(self._front.fileno(), self._line)
        me, watcher = os.getpid(), os.pidfd_open(os.getpid())
        kept = [_Kept(lambda: self._begin(me), self._fault), _Kept(lambda: self._stand_by(watcher), self._fault)]
        front = self._front.fileno()
        while True:
            pause = min([each.start() for each in kept])
            living = {each.descriptor: each for each in kept if each.descriptor is not None}
            ready, _, _ = select.select([front, *living], [], [], None if pause == inf else pause)
            if front in ready:
                break
            for descriptor in ready:
                living[descriptor].forget()
        for each in kept:
            each.end()

    def _stand_by(self, watcher: int) -> None:
        """Watch in the place of who does it once he has died."""
        _LIBC.prctl(_PR_SET_NAME, b"tanos-standby", 0, 0, 0)
        _keep_only(self._front.fileno(), self._line, watcher)
        if self._front.fileno() not in select.select([self._front.fileno(), watcher], [], [])[0]:
            self._watch()

    def _begin(self, watcher: int) -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        _keep_only(self._front.fileno(), self._line)
        if os.getppid() == watcher:  # and did not die before he could take this one with him
            self._be(self._front)


class _Kept:
    """A child that is forked again when it dies, after a pause that doubles."""

    def __init__(self, be: Callable[[], None], fault: Callable[[Exception], object]) -> None:
        self._be, self._fault = be, fault
        self.descriptor: int | None = None
        """By which it is watched, while it lives."""
        self._child, self._pause = 0, _PAUSE
        self._began = self._due = 0.0

    def start(self) -> float:
        """Fork it where that is due; return in how many seconds it may be, should nothing happen."""
        if self.descriptor is not None:
            return inf
        self._began = time.monotonic()
        if self._began < self._due:
            return self._due - self._began
        try:
            self._child = os.fork()
        except OSError:  # the system has no room
            return self._later()
        if self._child == 0:
            self._become()
        self.descriptor = os.pidfd_open(self._child)
        return inf

    def forget(self) -> None:
        """It has died."""
        self._reap()
        self._later()

    def end(self) -> None:
        """Wait until it has ended, since the front is gone; not for ever."""
        if self.descriptor is not None:
            if not select.select([self.descriptor], [], [], _STOP_SECONDS)[0]:
                os.kill(self._child, signal.SIGKILL)
            self._reap()

    def _later(self) -> float:
        now = time.monotonic()
        self._pause = _PAUSE if now - self._began > _STEADY_SECONDS else min(2 * self._pause, _LONGEST_PAUSE)
        self._due = now + self._pause
        return self._pause

    def _reap(self) -> None:
        os.waitpid(self._child, 0)
        if self.descriptor is not None:
            os.close(self.descriptor)
        self.descriptor = None

    def _become(self) -> NoReturn:
        status = 1
        try:
            self._be()
            status = 0
        except Exception as error:
            self._fault(error)
        finally:
            os._exit(status)


def when_gone(front: socket.socket) -> asyncio.Event:
    """Return what is set in the running loop once the other end of `front` is gone."""
    gone = asyncio.Event()
    _when_readable(front, gone.set)
    return gone


def _when_readable(end: socket.socket, tell: Callable[[], object]) -> None:
    loop, number = asyncio.get_running_loop(), end.fileno()

    def told() -> None:
        loop.remove_reader(number)
        tell()

    loop.add_reader(number, told)


def _keep_only(*descriptors: int) -> None:
    """Hold nothing else of the front's: its lock, its output, what it opened."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nothing, standard)
    last = 2
    for kept in sorted(descriptors):
        os.closerange(last + 1, kept)
        last = kept
    os.closerange(last + 1, 1 << 20)
