"""Other Tanium Servers that come: answered one at a time, strangers slowly, and with records of trust alone.

Invariants: who is not trusted learns public roots and where he stands himself, and costs a bounded part of a second;
the rest is said to who shows a certificate that the supervisor knows as the other server's.
"""

import asyncio
import time

from tanos.door.networks import network_of
from tanos.errors import NotYet
from tanos.services.frames import LONGEST, BadFrame, Frame
from tanos.services.line import Line
from tanos.services.listener import Connection
from tanos.services.orders import Orders
from tanos.services.partner.words import LONGEST_TRUST, SYNCHRONISE, TRUST, packed, record_of, why_no_server
from tanos.services.protocol import SILENT_SECONDS, Hello, refusal
from tanos.services.turns import Turns

MOST_WAITING, MOST_RECORDS, PACE_SECONDS = 16, 8, 0.2


class Serving:
    """Of one Tanium Server."""

    def __init__(self, line: Line) -> None:
        self._line, self._turns = line, Turns(MOST_WAITING)
        self._known: tuple[str, ...] = ()
        """Networks from which trusted servers came, the last one last."""
        self.came: dict[str, float] = {}
        """When each of those was last here, seconds since 1970, by name."""

    async def serve(self, connection: Connection, hello: Hello, orders: Orders) -> None:
        """Answer one until it ends. Raises BadFrame, OSError, TimeoutError."""
        refused = why_no_server(hello, orders, uses_tls=connection.uses_tls)
        if refused:
            await connection.send(refusal(refused))
            return
        await connection.send({"welcome": orders.fqdn, "release": orders.release})
        longest, records = LONGEST if connection.certificate else LONGEST_TRUST, 0
        while (frame := await connection.read(SILENT_SECONDS, longest)) is not None:
            records += TRUST in frame
            if records > MOST_RECORDS:
                raise BadFrame("too many records")
            try:
                await connection.send(await self._answer(connection, frame))
            except (PermissionError, NotYet) as error:
                await connection.send(refusal(error.id if isinstance(error, NotYet) else str(error)))
                return

    async def _answer(self, connection: Connection, frame: Frame) -> Frame:
        if TRUST in frame:
            return await self._trust(connection.address, record_of(frame))
        heard = frame.get(SYNCHRONISE)
        if not isinstance(heard, dict) or connection.certificate is None:
            raise BadFrame("no question")
        shown, address = packed(connection.certificate), connection.address
        answer = await self._line.ask(SYNCHRONISE, certificate=shown, address=address, heard=heard)
        network = network_of(address)
        self._known = (*(each for each in self._known if each != network), network)[-MOST_WAITING:]
        self.came[answer["fqdn"]] = time.time()
        return {SYNCHRONISE: answer["say"]}

    async def _trust(self, address: str, record: str) -> Frame:
        network = network_of(address)
        async with self._turns.turn(network, is_known=network in self._known):
            answer = await self._line.ask("trust-hear", record=record, address=address, expected=False)
            if network not in self._known:
                await asyncio.sleep(PACE_SECONDS)
            return {TRUST: answer["record"]}
