"""An event loop that forks of this process go on with, each on its own.

Invariant: a fork shares nothing of the kernel's with its parent's loop or another fork's. The loop waits by poll(2),
of which the kernel keeps nothing between two calls, and the sockets by which signals and threads wake it are replaced
under their own numbers, so that no name of the library's own is touched.
"""

import asyncio
import fcntl
import os
import selectors
import signal
import socket
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class ForkableLoop:
    """Runs coroutines one after the other; what the others began waits meanwhile, in forks too."""

    def __init__(self) -> None:
        selector = selectors.PollSelector()
        self._runner = asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector))
        loop = self._runner.get_loop()
        (self._woken,) = (key.fd for key in selector.get_map().values())
        loop.add_signal_handler(signal.SIGURG, int)  # by which the library says where signals wake it
        self._wakes = signal.set_wakeup_fd(-1)
        loop.remove_signal_handler(signal.SIGURG)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run until `work` is done; raise what it raises."""
        return self._runner.run(work)

    def own(self) -> None:
        """Become independent of the parent's: to be called first in a fork, whatever it closed."""
        beyond = 1 + max(self._woken, self._wakes)
        ends = socket.socketpair()
        for end in ends:
            end.setblocking(False)
        fresh = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, beyond) for end in ends]
        for end in ends:
            end.close()
        for new, number in zip(fresh, (self._woken, self._wakes), strict=True):
            os.dup2(new, number, inheritable=False)
            os.close(new)

    def close(self) -> None:
        """Cancel what still waits, and close it."""
        self._runner.close()
