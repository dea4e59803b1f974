"""Clients that know each other: each listens, and greets a few that its server named when it registered.

Rule (seed 000, table 1): between clients there is TLS from 7.4 on alone. Until a 7.4 client has a key of its own to
show, it neither listens nor greets: nothing that has to be encrypted goes in the clear. Invariants: a neighbour is
told nothing but who one is; how many are greeted is bounded, and none of them can hold a client up for long.
"""

import asyncio
import contextlib
import ssl
from typing import Any

from tanos.services.connecting import Target, connect_clear
from tanos.services.frames import BadFrame
from tanos.services.listener import Connection, Listener
from tanos.services.protocol import OLD, Hello, Part, greeted, refusal

MOST, SECONDS, LONGEST_KNOWN = 4, 3.0, 64
_GONE = (OSError, ssl.SSLError, TimeoutError, BadFrame, ValueError, KeyError, TypeError)


class Neighbourhood:
    """The neighbours of one client."""

    def __init__(self, hello: Hello) -> None:
        self._hello = hello
        self._listener: Listener | None = None
        self.met: dict[str, str] = {}
        """Names of those that were greeted or that came, by id; the latest."""

    async def listen(self, connection: Connection) -> int:
        """Listen at the address that the server sees; return the port, 0 where that is not possible."""
        if self._hello.protocol != OLD:
            return 0
        if self._listener is None:
            listener = Listener(None, self._serve)
            try:
                listener.open(connection.writer.get_extra_info("sockname")[0], 0)
            except OSError:
                return 0
            self._listener = listener
        return self._listener.port

    async def meet(self, named: object) -> None:
        """Greet those that a server named; whoever does not answer is left alone."""
        if isinstance(named, list) and self._hello.protocol == OLD:
            await asyncio.gather(*(self._greet(each) for each in named[:MOST]))

    async def close(self) -> None:
        """Listen no more."""
        if self._listener is not None:
            await self._listener.close()

    async def _greet(self, named: Any) -> None:
        with contextlib.suppress(*_GONE):
            async with asyncio.timeout(SECONDS):
                host, port = str(named["address"]), int(named["port"])
                connection = await connect_clear(Target(host, host, port))
                try:
                    await connection.send(self._hello.as_frame())
                    self._know(await greeted(connection))
                finally:
                    await connection.close()

    async def _serve(self, connection: Connection) -> None:
        hello = await greeted(connection)
        if hello.part is not Part.CLIENT or hello.protocol != OLD:
            await connection.send(refusal("not-a-client"))
            return
        self._know(hello)
        await connection.send(self._hello.as_frame())

    def _know(self, hello: Hello) -> None:
        self.met.pop(hello.id, None)
        self.met[hello.id] = hello.name
        if len(self.met) > LONGEST_KNOWN:
            del self.met[next(iter(self.met))]
