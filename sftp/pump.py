"""Moving bytes between a channel and descriptors, with back-pressure both ways.

Invariant: neither direction ever holds more than one read and one channel window in memory; whoever is slow slows the
other side down, and nobody waits in the event loop.
"""

import asyncio
import contextlib
import fcntl
import os
from collections.abc import Callable
from typing import Protocol

LARGEST_READ = 256 * 1024
_SMALLEST_READ = 32 * 1024


class Channel(Protocol):
    """What a pump needs of an SSH channel."""

    def pause_reading(self) -> None:
        """Stop delivering what the client sends."""

    def resume_reading(self) -> None:
        """Deliver again."""


class Inlet:
    """From the client into a descriptor. Owns the descriptor."""

    def __init__(self, descriptor: int, channel: Channel, end: Callable[[int], None]) -> None:
        self._descriptor = descriptor
        self._channel = channel
        self._end = end
        self._waiting = bytearray()
        self._ending = False
        self._held = False
        self._loop = asyncio.get_running_loop()
        os.set_blocking(descriptor, False)

    def feed(self, data: bytes) -> None:
        """Pass bytes on, now or when the other side takes them."""
        if self._descriptor < 0:
            return
        if not self._waiting and not self._held:
            try:
                written = os.write(self._descriptor, data)
            except BlockingIOError:
                written = 0
            except OSError:
                self.close()
                return
            if written == len(data):
                return
            data = data[written:]
        self._waiting += data
        self._channel.pause_reading()
        if not self._held:
            self._loop.add_writer(self._descriptor, self._write_more)

    @property
    def is_held(self) -> bool:
        """Whether what comes is kept."""
        return self._held

    def hold(self) -> None:
        """Keep what comes until `release`."""
        self._held = True

    def release(self) -> None:
        """Pass on what was kept."""
        if self._held:
            self._held = False
            if self._descriptor >= 0 and self._waiting:
                self._loop.add_writer(self._descriptor, self._write_more)
            elif self._descriptor >= 0 and self._ending:
                self._end(self._descriptor)

    def finish(self) -> None:
        """Pass on the end of the input once everything is written."""
        self._ending = True
        if not self._waiting and not self._held and self._descriptor >= 0:
            self._end(self._descriptor)

    def close(self) -> None:
        """Let go of the descriptor and of what was not written."""
        if self._descriptor >= 0:
            self._loop.remove_writer(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1
            self._waiting.clear()
            self._channel.resume_reading()

    def _write_more(self) -> None:
        try:
            written = os.write(self._descriptor, self._waiting)
        except BlockingIOError:
            return
        except OSError:
            self.close()
            return
        del self._waiting[:written]
        if not self._waiting:
            self._loop.remove_writer(self._descriptor)
            if self._ending:
                self._end(self._descriptor)
            self._channel.resume_reading()


class Outlet:
    """From a descriptor to whoever takes the bytes. Owns the descriptor."""

    def __init__(self, descriptor: int, take: Callable[[bytes], None]) -> None:
        self.descriptor = descriptor
        self._take = take
        self._size = _SMALLEST_READ
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[None] = self._loop.create_future()
        os.set_blocking(descriptor, False)
        self.resume()

    def pause(self) -> None:
        """Stop reading."""
        if self.descriptor >= 0:
            self._loop.remove_reader(self.descriptor)

    def resume(self) -> None:
        """Read again."""
        if self.descriptor >= 0:
            self._loop.add_reader(self.descriptor, self._read)

    def close(self) -> None:
        """Let go of the descriptor."""
        if self.descriptor >= 0:
            self._loop.remove_reader(self.descriptor)
            os.close(self.descriptor)
            self.descriptor = -1
        if not self.ended.done():
            self.ended.set_result(None)

    def _read(self) -> None:
        try:
            data = os.read(self.descriptor, self._size)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._size = LARGEST_READ if len(data) == self._size else _SMALLEST_READ
            self._take(data)
        else:
            self.close()


def enlarge_pipe(descriptor: int) -> None:
    """Let a pipe hold more, where the system allows."""
    with contextlib.suppress(OSError):
        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, LARGEST_READ)
