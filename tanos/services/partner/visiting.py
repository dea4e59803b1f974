"""Going to another Tanium Server: first where trust stands, then, where both trust, what both keep alike.

Invariants: trust is spoken of over a connection that verifies nobody, since records prove themselves; all else goes
over mutual TLS by the roots that the supervisor knows as the other's. Whatever keeps a visit from being made, the
next one is, and each begins anew: a visit that was cut off left nothing half.
"""

import asyncio
import ssl
import sys
import time
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from typing import Any

from tanos.services.connecting import Target, connect_tls, why
from tanos.services.frames import LONGEST, BadFrame, Frame
from tanos.services.line import Line, LineLost
from tanos.services.listener import Connection
from tanos.services.orders import Orders
from tanos.services.partner.words import LONGEST_TRUST, SYNCHRONISE, TRUST, hello, packed, record_of
from tanos.services.protocol import LONGEST_WORD, word
from tanos.services.tls import newest_by, platform_client, unverified_client

SHORTEST_PAUSE, EVERY_SECONDS, VISIT_SECONDS, ANSWER_SECONDS = 0.5, 10.0, 120.0, 30.0
MOST_ROUNDS = 4096
GONE = (OSError, ssl.SSLError, TimeoutError, BadFrame, ValueError)


@dataclass
class Visit:
    """How the last visit to one place went."""

    to: str
    fqdn: str = ""
    """Who is there, as it proved."""
    key: str = ""
    """Fingerprint of the root by which it is known."""
    trust: str = ""
    """Where trust stands."""
    problem: str = ""
    reached_at: float = 0.0
    """Seconds since 1970; 0: not yet."""
    synchronised_at: float = 0.0


class Visiting:
    """One place."""

    def __init__(self, target: Target, orders: Orders, line: Line, tell: Callable[[], None] = lambda: None) -> None:
        """`tell` is called after each visit."""
        self.target, self.orders, self._line, self._tell = target, orders, line, tell
        self._visit = Visit(str(target))
        self._soon, self._one_at_a_time = asyncio.Event(), asyncio.Lock()

    def go_soon(self) -> None:
        """Go there as soon as the present visit is over."""
        self._soon.set()

    async def keep(self) -> None:
        """Go there now and then, until cancelled."""
        pause = SHORTEST_PAUSE
        while True:
            self._soon.clear()
            visit = await self.go()
            pause = min(2 * pause, EVERY_SECONDS) if visit.problem else SHORTEST_PAUSE
            with suppress(TimeoutError):
                async with asyncio.timeout(pause if visit.problem else EVERY_SECONDS):
                    await self._soon.wait()

    async def go(self) -> Visit:
        """Go there once; return how it went."""
        async with self._one_at_a_time:
            try:
                async with asyncio.timeout(VISIT_SECONDS):
                    await self._go()
                self._visit.problem = ""
            except LineLost:
                self._visit.problem = "line lost"  # and with it this process ends
            except PermissionError as refused:  # by the supervisor, in an id
                self._visit.problem = str(refused)
            except GONE as error:
                self._visit.problem = str(error) if isinstance(error, BadFrame) else why(error)
            except Exception as error:
                self._visit.problem = type(error).__name__
                traceback.print_exc(file=sys.stderr)
            self._tell()
            return self._visit

    def as_data(self) -> dict[str, Any]:
        """Tell how it went last."""
        return asdict(self._visit)

    def as_news(self) -> dict[str, Any]:
        """Tell the same without what changes at each visit."""
        return {name: value for name, value in self.as_data().items() if not name.endswith("_at")}

    async def _go(self) -> None:
        there = await self._speak_of_trust()
        self._visit.fqdn, self._visit.key, self._visit.trust = there["fqdn"], there["key"], there["state"]
        self._visit.reached_at = time.time()
        if there["state"] == "trusted":
            await self._synchronise(there)
            self._visit.synchronised_at = time.time()

    async def _speak_of_trust(self) -> Frame:
        """Say and hear where both stand, twice: who is there is known the second time."""
        said = await self._line.ask("trust-say")
        async with self._greeted(self.target, unverified_client()) as connection:
            for _ in range(2):
                heard = await _asked(connection, {TRUST: said["record"]}, TRUST, LONGEST_TRUST)
                said = await self._line.ask(
                    "trust-hear", record=record_of(heard), address=self.target.host, expected=True
                )
        return said

    async def _synchronise(self, there: Frame) -> None:
        context = platform_client(there["roots"], self._pair(there["known"]), newest=newest_by(self.orders.settings))
        target = Target(there["fqdn"], self.target.host, self.target.port)
        async with self._greeted(target, context) as connection:
            words = {"certificate": packed(connection.certificate or b""), "address": self.target.host}
            answer = await self._line.ask(SYNCHRONISE, **words)
            for _ in range(MOST_ROUNDS):
                heard = await _asked(connection, {SYNCHRONISE: answer["say"]}, SYNCHRONISE, LONGEST)
                answer = await self._line.ask(SYNCHRONISE, **words, heard=heard[SYNCHRONISE])
                if answer["done"]:
                    return

    def _pair(self, known: list[str]) -> str:
        """Return the newest pair here below a root that the other knows. Raises BadFrame where there is none."""
        for code, pair in self.orders.by_root.items():
            if code in known:
                return pair
        raise BadFrame("no-key-yet")

    @asynccontextmanager
    async def _greeted(self, target: Target, context: ssl.SSLContext) -> AsyncIterator[Connection]:
        connection = await connect_tls(target, context)
        try:
            await _asked(connection, hello(self.orders).as_frame(), "welcome", LONGEST_TRUST)
            yield connection
        finally:
            await connection.close()


async def _asked(connection: Connection, frame: Frame, wanted: str, longest: int) -> Frame:
    """Return the answer. Raises BadFrame with the id of what it was refused for."""
    await connection.send(frame)
    heard = await connection.read(ANSWER_SECONDS, longest)
    if heard is None or wanted not in heard:
        raise BadFrame(word(heard or {}, "refused", LONGEST_WORD) or "nothing was said")
    return heard
