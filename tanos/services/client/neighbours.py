"""Clients that know each other: each listens, and greets a few that its server named when it registered.

Rule (seed 000, table 1): between clients there is TLS from 7.4 on alone, and from then on nothing else. A client of
7.4 shows a certificate of its own, whose fingerprint its server hands on over TLS: whoever shows another is told
nothing. Invariants: a neighbour is told nothing but who one is; how many are greeted is bounded, and none of them can
hold a client up for long.
"""

import asyncio
import contextlib
import hmac
import ssl
from typing import Any

from tanos.services.client.own_certificate import fingerprint_of, own_certificate
from tanos.services.connecting import HandshakeFailed, Target, connect_clear, connect_tls
from tanos.services.frames import BadFrame, Frame
from tanos.services.listener import Connection, Listener
from tanos.services.protocol import NEW, Hello, Part, greeted, refusal
from tanos.services.tls import neighbour_client

MOST, SECONDS, LONGEST_KNOWN = 4, 3.0, 64
_GONE = (OSError, ssl.SSLError, TimeoutError, BadFrame, ValueError, KeyError, TypeError)


class Neighbourhood:
    """The neighbours of one client."""

    def __init__(self, hello: Hello) -> None:
        self._hello = hello
        self._own = own_certificate() if hello.protocol == NEW else None
        self._listener: Listener | None = None
        self.met: dict[str, str] = {}
        """Names of those that were greeted or that came, by id; the latest."""

    async def listen(self, connection: Connection) -> Frame:
        """Listen at the address that the server sees; return where, and what is shown there: nothing where it cannot.

        What has to be encrypted is told of over an encrypted connection alone.
        """
        if self._own and not connection.uses_tls:
            return {}
        if self._listener is None:
            listener = Listener(self._own.context if self._own else None, self._serve)
            try:
                listener.open(connection.writer.get_extra_info("sockname")[0], 0)
            except OSError:
                return {}
            self._listener = listener
        shown = {"certificate": self._own.fingerprint} if self._own else {}
        return {"port": self._listener.port, **shown}

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
                    self._know(await greeted(connection))
                finally:
                    await connection.close()

    async def _connected(self, named: Any) -> Connection:
        """Raises what `_GONE` holds, HandshakeFailed where somebody else is there."""
        host, port = str(named["address"]), int(named["port"])
        target = Target(host, host, port)
        if self._own is None:
            return await connect_clear(target)
        connection = await connect_tls(target, neighbour_client())
        if not hmac.compare_digest(fingerprint_of(connection.certificate or b""), str(named["certificate"])):
            await connection.close()
            raise HandshakeFailed("another certificate")
        return connection

    async def _serve(self, connection: Connection) -> None:
        if self._own and not connection.uses_tls:
            await connection.send(refusal("tls-required"))
            return
        hello = await greeted(connection)
        if hello.part is not Part.CLIENT or hello.protocol != self._hello.protocol:
            await connection.send(refusal("not-a-client"))
            return
        self._know(hello)
        await connection.send(self._hello.as_frame())

    def _know(self, hello: Hello) -> None:
        self.met.pop(hello.id, None)
        self.met[hello.id] = hello.name
        if len(self.met) > LONGEST_KNOWN:
            del self.met[next(iter(self.met))]
