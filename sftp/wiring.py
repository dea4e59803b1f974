"""The descriptors of one session, and the pumps between them and its channel.

Invariants: what a session writes reaches the client in order and never goes to a channel that closed; letting go
closes every descriptor of the front's, except where the drop box still tells what it did.
"""

import asyncio
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

import asyncssh

from sftp import terminal
from sftp.letters import close_all
from sftp.pump import Inlet, Outlet, enlarge_pipe

Size = tuple[int, int, int, int]
_PAINT_SECONDS = 0.25
_LATEST_RELEASE = 5.0


class Wiring:
    """One session's descriptors."""

    def __init__(self, channel: asyncssh.SSHServerChannel[bytes]) -> None:
        self._channel = channel
        self._inlet: Inlet | None = None
        self._outlets: list[Outlet] = []
        self._events: list[Outlet] = []
        self._master = -1

    def pipes(self) -> list[int]:
        """Connect by three pipes; returns the session's ends, for 0, 1 and 2. Raises OSError."""
        with _all_or_none() as theirs:
            end, ours = os.pipe()
            theirs.append(end)
            self._inlet = inlet = Inlet(ours, self._channel, lambda _: inlet.close())
            theirs.append(self._pipe(self._outlets, self.show))
            theirs.append(self._pipe(self._outlets, self.complain))
            return theirs

    def socket(self, events: Callable[[bytes], None]) -> list[int]:
        """Connect 0 and 1 by one socket, 2 by a pipe, and 3 by a socket: `events` gets what
        comes there, and `answer` answers it. Raises OSError."""
        with _all_or_none() as theirs:
            ours, end = socket.socketpair()
            theirs.append(end.detach())
            theirs.append(os.dup(theirs[0]))
            self._outlets.append(outlet := Outlet(ours.detach(), self.show))
            self._inlet = Inlet(os.dup(outlet.descriptor), self._channel, _shut)
            theirs.append(self._pipe(self._outlets, self.complain))
            said, end = socket.socketpair()
            theirs.append(end.detach())
            self._events.append(Outlet(said.detach(), events))
            return theirs

    def answer(self, data: bytes) -> None:
        """Answer, in a few bytes, what came by the socket for events."""
        with suppress(OSError):
            os.write(self._events[0].descriptor, data)

    def terminal(self, size: Size, modes: Mapping[int, int], *, patient: bool) -> list[int]:
        """Connect by a terminal; `patient`: keys wait until the session has shown itself and is ready for them.

        Raises OSError.
        """
        with _all_or_none() as theirs:
            master, slave = terminal.open_terminal(size, modes)
            theirs.append(slave)
            self._outlets.append(Outlet(master, self._painted))
            self._master = os.dup(master)
            self._inlet = Inlet(os.dup(master), self._channel, terminal.end_of_input)
            if patient:
                self._inlet.hold()
                asyncio.get_running_loop().call_later(_LATEST_RELEASE, self._inlet.release)
            theirs.append(os.dup(slave))
            theirs.append(os.dup(slave))
            return theirs

    def feed(self, data: bytes) -> None:
        """Pass on what the client sent."""
        if self._inlet is not None:
            self._inlet.feed(data)

    def end_input(self) -> None:
        """Pass on that the client has no more to say."""
        if self._inlet is not None:
            self._inlet.finish()

    def resize(self, size: Size) -> None:
        """Pass on the size of the client's terminal; the kernel tells the session."""
        if self._master >= 0:
            terminal.resize(self._master, size)

    def pause(self) -> None:
        """Read no more of what the session writes."""
        for outlet in self._outlets:
            outlet.pause()

    def resume(self) -> None:
        """Read again."""
        for outlet in self._outlets:
            outlet.resume()

    async def ended(self) -> None:
        """Wait until everything that an ended session wrote was passed on."""
        if self._inlet is not None:
            self._inlet.close()
        for outlet in (*self._outlets, *self._events):
            await outlet.ended

    def let_go(self) -> None:
        """Close everything."""
        if self._inlet is not None:
            self._inlet.close()
        for outlet in self._outlets:
            outlet.close()
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def show(self, data: bytes) -> None:
        """Write to the client."""
        if not self._channel.is_closing():
            self._channel.write(data)

    def complain(self, data: bytes) -> None:
        """Write to the client's stderr."""
        if not self._channel.is_closing():
            self._channel.write_stderr(data)

    def _pipe(self, outlets: list[Outlet], take: Callable[[bytes], None]) -> int:
        ours, theirs = os.pipe()
        enlarge_pipe(ours)
        outlets.append(Outlet(ours, take))
        return theirs

    def _painted(self, data: bytes) -> None:
        self.show(data)
        if self._inlet is not None and self._inlet.is_held:
            if terminal.is_line_wise(self._master):
                asyncio.get_running_loop().call_later(_PAINT_SECONDS, self._inlet.release)
            else:
                self._inlet.release()


@contextmanager
def _all_or_none() -> Iterator[list[int]]:
    """Collect descriptors that the caller returns; close them where not all could be made."""
    theirs: list[int] = []
    try:
        yield theirs
    except OSError:
        close_all(theirs)
        raise


def _shut(descriptor: int) -> None:
    half = socket.socket(fileno=descriptor)
    try:
        half.shutdown(socket.SHUT_WR)
    except OSError:
        pass
    finally:
        half.detach()
