"""A listener of the Tanium protocol: TLS and clear connections at one port, told apart by their first byte.

Invariants: how many connections are open is bounded, in all and for one host, and KEPT places are for who is
expected and for this machine alone, whose supervisor looks whether it serves; who says nothing, or is slow to shake
hands, is let go. Whether a clear connection may stay is decided by who serves it, who knows the protocol.
"""

import asyncio
import contextlib
import resource
import socket
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from tanos.door.networks import network_of
from tanos.services.accepting import Accepting
from tanos.services.frames import LONGEST, BadFrame, Frame, frame_bytes, read_frame
from tanos.services.lean import hold_little
from tanos.services.letting_go import let_go
from tanos.services.opening import streams
from tanos.services.presenting import LONGEST_HELLO, RECORD_HEAD, Presented

MOST, MOST_OF_ONE, KEPT = 4096, 2048, 64
FIRST_SECONDS, HANDSHAKE_SECONDS, IDLE_SECONDS, CLOSE_SECONDS = 10.0, 10.0, 900.0, 1.0
UNREAD_SECONDS = 75.0
"""How long one is waited for who takes nothing of what he asked for."""
_TLS_RECORD = b"\x16"
_OTHER_FILES = 128


@dataclass(eq=False)
class Connection:
    """One connection of the platform protocol."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    address: str = ""
    client: str = ""
    """The id of the client that is served by it."""
    without_tls_for: str = ""
    """What kept TLS from being used, where it was tried first."""

    @property
    def uses_tls(self) -> bool:
        """Whether it is encrypted."""
        return self.writer.get_extra_info("ssl_object") is not None

    @property
    def certificate(self) -> bytes | None:
        """The certificate that the other end showed, DER; verified already."""
        shown = self.writer.get_extra_info("ssl_object")
        return shown.getpeercert(binary_form=True) if shown is not None else None

    async def read(self, seconds: float = IDLE_SECONDS, longest: int = LONGEST) -> Frame | None:
        """Return the next frame, None at the end. Raises BadFrame, TimeoutError, OSError."""
        async with asyncio.timeout(seconds):
            return await read_frame(self.reader, longest)

    async def send(self, frame: Frame) -> None:
        """Send one frame, and wait while the other end is behind. Raises OSError, TimeoutError."""
        self.writer.write(frame_bytes(frame))
        if not self.writer.transport.get_write_buffer_size():
            await self.writer.drain()
            return
        async with asyncio.timeout(UNREAD_SECONDS):
            await self.writer.drain()

    async def close(self) -> None:
        """Let go: in a good manner, and whatever the other end does."""
        self.writer.close()
        try:
            with contextlib.suppress(OSError, ssl.SSLError, TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self.writer.wait_closed()
        finally:
            let_go(self.writer.transport)


Serve = Callable[[Connection], Awaitable[None]]


class Listener:
    """One port."""

    def __init__(self, context: Presented | ssl.SSLContext | None, serve: Serve) -> None:
        self._context, self._serve = context, serve
        self._open: Counter[str] = Counter()
        self._most = MOST
        self.expected: frozenset[str] = frozenset()
        """Addresses for which places are kept."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._served: set[Connection] = set()
        self._accepting = Accepting(self.take)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._accepting.port

    def open(self, address: str, port: int) -> None:
        """Listen. Raises OSError."""
        self._accepting.open(address, port)
        self._most = _room()
        hold_little()

    def present(self, context: Presented | ssl.SSLContext | None) -> None:
        """Present another pair to whoever comes from now on."""
        self._context = context

    def let_go_of(self, is_meant: Callable[[Connection], bool]) -> None:
        """Let go of the connections that are meant."""
        for each in [each for each in self._served if is_meant(each)]:
            let_go(each.writer.transport)

    async def close(self) -> None:
        """Listen no more, and let go of every connection."""
        self._accepting.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def take(self, came: socket.socket, address: str) -> None:
        """Serve who came from an address, or let him go where he has no place."""
        network = network_of(address)
        if self._open.total() >= self._places(came, address) or self._open[network] >= MOST_OF_ONE:
            came.close()
            return
        self._open[network] += 1
        task = asyncio.ensure_future(self._attend(came, address))
        self._tasks.add(task)
        task.add_done_callback(partial(self._gone, came, network))

    def _places(self, came: socket.socket, address: str) -> int:
        has_more = address in self.expected or address == came.getsockname()[0]
        return self._most if has_more else max(1, self._most - KEPT)

    async def _attend(self, came: socket.socket, address: str) -> None:
        try:
            connection = await self._connected(came, address)
            if connection is not None:
                self._served.add(connection)
                try:
                    await self._serve(connection)
                finally:
                    self._served.discard(connection)
                    await connection.close()
        except (BadFrame, OSError, ssl.SSLError, TimeoutError, ValueError, KeyError, TypeError):
            pass  # whoever sends rubbish, or goes, is let go

    def _gone(self, came: socket.socket, network: str, task: asyncio.Task[None]) -> None:
        """Count no longer who was attended to, or would have been."""
        self._tasks.discard(task)
        came.close()
        self._open[network] -= 1
        if not self._open[network]:
            del self._open[network]

    async def _connected(self, came: socket.socket, address: str) -> Connection | None:
        came.setblocking(False)
        first = await _first_byte(came)
        if not first or (first == _TLS_RECORD and self._context is None):
            return None
        context = await self._chosen(came) if first == _TLS_RECORD else None
        if context is None and first == _TLS_RECORD:
            return None
        loop, seconds = asyncio.get_running_loop(), HANDSHAKE_SECONDS if context else None
        reader, writer = await streams(came, lambda protocol: loop.connect_accepted_socket(
            protocol, came, ssl=context, ssl_handshake_timeout=seconds
        ))  # fmt: skip
        return Connection(reader, writer, address)

    async def _chosen(self, came: socket.socket) -> ssl.SSLContext | None:
        """Return what is presented to whoever begins a handshake."""
        context = self._context
        return context.for_hello(await _first_record(came)) if isinstance(context, Presented) else context


def _room() -> int:
    """Return how many connections this process can hold: as many as are allowed here, or as the system gives."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST + _OTHER_FILES
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, min(MOST, soft - _OTHER_FILES))


async def _first_byte(came: socket.socket) -> bytes:
    """Return what comes first without taking it; empty where nothing comes."""
    with contextlib.suppress(BlockingIOError):  # most often it came with the connection
        return came.recv(1, socket.MSG_PEEK)
    await _readable(came)
    return came.recv(1, socket.MSG_PEEK)


async def _first_record(came: socket.socket) -> bytes:
    """Return the first TLS record without taking it: as far as it came, where it is too long or never whole."""
    seen = came.recv(LONGEST_HELLO, socket.MSG_PEEK)
    for _ in range(2):  # its head, then the whole
        needed = RECORD_HEAD + int.from_bytes(seen[3:5]) if len(seen) >= RECORD_HEAD else RECORD_HEAD
        if needed > LONGEST_HELLO:
            break
        if len(seen) < needed:
            came.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, needed)
            await _readable(came)
            seen = came.recv(LONGEST_HELLO, socket.MSG_PEEK)
    came.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
    return seen


async def _readable(came: socket.socket) -> None:
    """Wait until as much came as is wanted, or the end. Raises TimeoutError."""
    loop = asyncio.get_running_loop()
    readable: asyncio.Future[None] = loop.create_future()
    loop.add_reader(came, _tell, readable)
    try:
        async with asyncio.timeout(FIRST_SECONDS):
            await readable
    finally:
        loop.remove_reader(came)


def _tell(readable: asyncio.Future[None]) -> None:
    if not readable.done():
        readable.set_result(None)
