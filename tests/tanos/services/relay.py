"""A network between two ends that does what networks do: cuts, goes silent, loses one direction, comes in crumbs."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Self

LOOPBACK = "127.0.0.1"
_AT_ONCE = 65536
_RESET = struct.pack("ii", 1, 0)
"""With this a socket that is closed tells the other end that it was, rudely."""


@dataclass(eq=False)
class Joined:
    """One connection, of two halves."""

    near: asyncio.StreamWriter
    """To whoever connected."""
    far: asyncio.StreamWriter
    flows: asyncio.Event = field(default_factory=asyncio.Event)

    def cut(self) -> None:
        """End it for both at once."""
        for each in (self.near, self.far):
            with contextlib.suppress(OSError):
                each.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            each.transport.abort()

    def stall(self) -> None:
        """Let nothing through any longer, and tell nobody."""
        self.flows.clear()

    def half_close(self, *, near: bool) -> None:
        """Tell one end that the other has said all; it may itself go on."""
        (self.near if near else self.far).write_eof()


@dataclass
class Relay:
    """Carries to one port of this machine."""

    to: int
    came: list[float] = field(default_factory=list)
    """When each came, by the clock of the loop."""
    open: list[Joined] = field(default_factory=list)
    cut_after: int | None = None
    """Bytes of both directions after which the next connection, and it alone, is cut."""
    crumb: int = _AT_ONCE
    """Bytes that are carried at once."""
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def listen(self) -> Self:
        """Begin."""
        self._server = await asyncio.start_server(self._take, LOOPBACK, 0)
        return self

    async def close(self) -> None:
        """End with every connection."""
        assert self._server is not None
        self._server.close()
        for each in self.open:
            each.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.came.append(asyncio.get_running_loop().time())
        task = asyncio.create_task(self._join(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far = await asyncio.open_connection(LOOPBACK, self.to)
        except OSError:
            writer.transport.abort()
            return
        joined = Joined(writer, far)
        joined.flows.set()
        left, self.cut_after = self.cut_after, None
        budget = [left] if left is not None else []
        self.open.append(joined)
        try:
            await asyncio.gather(
                self._carry(joined, reader, far, budget), self._carry(joined, far_reader, writer, budget)
            )
        finally:
            self.open.remove(joined)
            for each in (writer, far):
                each.transport.abort()

    async def _carry(
        self, joined: Joined, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, budget: list[int]
    ) -> None:
        try:
            while data := await reader.read(self.crumb):
                await joined.flows.wait()
                if budget:
                    data = data[: budget[0]]
                    budget[0] -= len(data)
                writer.write(data)
                await writer.drain()
                if budget == [0]:
                    joined.cut()
                    return
            await joined.flows.wait()
            writer.write_eof()
        except OSError:
            await joined.flows.wait()
            joined.cut()


@asynccontextmanager
async def relay(to: int) -> AsyncIterator[Relay]:
    """Carry to a port for as long as the block lasts."""
    made = await Relay(to).listen()
    try:
        yield made
    finally:
        await made.close()
