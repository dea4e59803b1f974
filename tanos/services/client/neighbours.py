"""Clients that know each other: each listens, and greets a few that its server named when it registered.

Rule (seed 000, table 1): between clients there is TLS from 7.4 on alone, and from then on nothing else. Both show the
certificate of their TLS key: whoever has none that goes back to a trusted root, or another client's, is told nothing.
Invariants: a neighbour is told nothing but who one is; how many are greeted is bounded, and none of them can hold a
client up for long.
"""

import asyncio
import contextlib
import ssl
from typing import Any

from tanos.services.client.keyring import Keyring
from tanos.services.connecting import HandshakeFailed, Target, connect_clear, connect_tls
from tanos.services.frames import BadFrame, Frame
from tanos.services.listener import Connection, Listener
from tanos.services.protocol import Hello, Part, greeted, refusal

MOST, SECONDS, LONGEST_KNOWN = 4, 3.0, 64
_GONE = (OSError, ssl.SSLError, TimeoutError, BadFrame, ValueError, KeyError, TypeError)


class Neighbourhood:
    """The neighbours of one client."""

    def __init__(self, hello: Hello, keyring: Keyring | None = None) -> None:
        """From 7.4 on with a `keyring`."""
        self._hello, self._keyring = hello, keyring
        self._listener: Listener | None = None
        self.met: dict[str, str] = {}
        """Names of those that were greeted or that came, by id; the latest."""

    async def listen(self, connection: Connection) -> Frame:
        """Listen at the address that the server sees; return where: nothing where it cannot.

        What has to be encrypted is told of over an encrypted connection alone.
        """
        shows = self._keyring.shows() if self._keyring else None
        if self._keyring and (shows is None or not connection.uses_tls):
            return {}
        if self._listener is None:
            listener = Listener(shows, self._serve)
            try:
                listener.open(connection.writer.get_extra_info("sockname")[0], 0)
            except OSError:
                return {}
            self._listener = listener
        self._listener.present(shows)
        return {"port": self._listener.port}

    async def meet(self, named: object) -> None:
        """Greet those that a server named; whoever does not answer is left alone."""
        if isinstance(named, list):
            await asyncio.gather(*(self._greet(each) for each in named[:MOST]))

    async def close(self) -> None:
        """Listen no more."""
        if self._listener is not None:
            await self._listener.close()

    async def _greet(self, named: Any) -> None:
        with contextlib.suppress(*_GONE):
            async with asyncio.timeout(SECONDS):
                connection = await self._connected(named)
                try:
                    await connection.send(self._hello.as_frame())
                    self._know(connection, await greeted(connection))
                finally:
                    await connection.close()

    async def _connected(self, named: Any) -> Connection:
        """Raises what `_GONE` holds, HandshakeFailed where somebody else is there."""
        host, port = str(named["address"]), int(named["port"])
        target = Target(host, host, port)
        if self._keyring is None:
            return await connect_clear(target)
        connection = await connect_tls(target, self._keyring.goes())
        if not self._keyring.is_client(connection.certificate, str(named["id"])):
            await connection.close()
            raise HandshakeFailed("another client")
        return connection

    async def _serve(self, connection: Connection) -> None:
        if self._keyring and not connection.uses_tls:
            await connection.send(refusal("tls-required"))
            return
        hello = await greeted(connection)
        if hello.part is not Part.CLIENT or hello.protocol != self._hello.protocol:
            await connection.send(refusal("not-a-client"))
            return
        self._know(connection, hello)
        await connection.send(self._hello.as_frame())

    def _know(self, connection: Connection, hello: Hello) -> None:
        """Remember who is there. Raises BadFrame where the certificate shown is another client's."""
        if self._keyring and not self._keyring.is_client(connection.certificate, hello.id):
            raise BadFrame("another client")
        self.met.pop(hello.id, None)
        self.met[hello.id] = hello.name
        if len(self.met) > LONGEST_KNOWN:
            del self.met[next(iter(self.met))]
