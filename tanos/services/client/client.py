"""One client: connects as its TLS mode has it, registers, stays, and registers anew after a random while.

Rules (seed 000): settings come with each registration; the random interval is 2 to 6 hours; a connection that is lost
is made again, after a pause that doubles. Where a registration changed the TLS mode, the client connects anew at
once. Invariant: there is one connection to a server at a time, but for the moment in which TLS is tried beside one
that is in the clear.
"""

import asyncio
import random
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tanos.message import N_, Message
from tanos.services.client.keyring import Keyring
from tanos.services.client.neighbours import Neighbourhood
from tanos.services.client.obeying import Obeying, Refused
from tanos.services.client.optional_tls import OptionalTls
from tanos.services.client.servers import Servers
from tanos.services.client.settings import ClientSettings
from tanos.services.connecting import HandshakeFailed, Target, TlsMode, connect, connect_clear, connect_tls, why
from tanos.services.frames import BadFrame, Frame
from tanos.services.letting_go import let_go
from tanos.services.listener import Connection
from tanos.services.protocol import NEW, OLD, Hello, Part, word
from tanos.services.tls import unverified_client

RESET_SECONDS = (2 * 3600.0, 6 * 3600.0)
SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
ATTEMPT_PAUSE, PING_SECONDS, ANSWER_SECONDS = 0.2, 240.0, 60.0
GONE = (OSError, ssl.SSLError, TimeoutError, BadFrame)
Tell = Callable[[Message], None]


@dataclass(frozen=True)
class Who:
    """A client as it says who it is."""

    name: str
    release: str

    @property
    def protocol(self) -> int:
        """What it speaks."""
        return NEW if self.release == "7.4" else OLD


class Client:
    """One client."""

    def __init__(
        self,
        who: Who,
        target: Target,
        settings: ClientSettings,
        context: ssl.SSLContext | None,
        *,
        tell: Tell = lambda _: None,
        reset: tuple[float, float] = RESET_SECONDS,
        neighbours: Neighbourhood | None = None,
        others: Sequence[Target] = (),
        keyring: Keyring | None = None,
    ) -> None:
        """Go to `target`; where it is lost, to the `others`, and to those of its ServerNameList.

        By `context` up to 7.3; from 7.4 on by a `keyring`.
        """
        self.settings, self._context, self._tell = settings, context, tell
        self._servers = Servers((target, *others), settings)
        self.hello = Hello(Part.CLIENT, settings.id, who.name, who.protocol, who.release)
        self.registrations = 0
        self.connection: Connection | None = None
        """The one that it is registered by."""
        self._reset, self.neighbours = reset, neighbours
        self._optional = OptionalTls(settings, lambda: asyncio.get_running_loop().time())
        self._pause = SHORTEST_PAUSE
        self.keyring = keyring
        self._obeying = Obeying(keyring, self._ask, self._where) if keyring else None

    @property
    def target(self) -> Target:
        """The server that it goes to now."""
        return self._servers.present

    async def keep(self) -> None:
        """Be registered until cancelled."""
        while True:
            try:
                await self._session()
                self._servers.begin_anew()
            except GONE as error:
                most = SHORTEST_PAUSE
                if not self._servers.lost():
                    most, self._pause = self._pause, min(2 * self._pause, LONGEST_PAUSE)
                pause = most * random.uniform(0.5, 1.0)  # noqa: S311 - spreads clients, hides nothing
                self._tell(_lost(error, pause))
                await asyncio.sleep(pause)

    async def _session(self) -> None:
        """Connect, register and stay, from one connection to the next, until it is time to connect anew."""
        connection: Connection | None = await self._connected()
        while connection is not None:
            following: Connection | None = None
            try:
                mode, trusted = self.settings.mode, self._trusted
                await self._register(connection)
                self.connection, self._pause = connection, SHORTEST_PAUSE
                self._servers.here()
                is_other = self.settings.mode is not mode or not trusted <= self._trusted
                following = None if is_other else await self._stay(connection)
            finally:
                self.connection = None
                await _closed(connection, following)
            connection = following

    async def _connected(self) -> Connection:
        """Return a connection to the server that welcomed this client."""
        if self._obeying is not None:
            return await self._believed(self._obeying)
        if self.settings.mode is not TlsMode.OPTIONAL or self._context is None:
            return await self._greeted(await connect(self.target, self.settings.mode, self._context))
        return await self._tried_tls() or await self._greeted(await connect_clear(self.target))

    async def _believed(self, obeying: Obeying) -> Connection:
        """Return one to a server that a trusted root vouches for, or one to which letters lead."""
        keyring, mode = obeying.keyring, self.settings.mode
        try:
            return await self._greeted(await connect(self.target, mode, keyring.context))
        except HandshakeFailed:
            if not await self._led_on(obeying):
                raise
        return await self._greeted(await connect(self.target, mode, keyring.context))

    async def _led_on(self, obeying: Obeying) -> bool:
        """Ask for letters where the server cannot be verified; say whether they led to another root."""
        try:
            connection = await self._greeted(await connect_tls(self.target, unverified_client()))
        except GONE:
            return False
        try:
            return await obeying.led_on(connection)
        except GONE:
            return False
        finally:
            await connection.close()

    async def _tried_tls(self) -> Connection | None:
        """Return a connection with TLS, where one can be made while it is due."""
        while self._optional.is_due:
            try:
                connection = await self._greeted(await connect_tls(self.target, self._context))
            except HandshakeFailed as error:
                self._optional.failed()
                self._tell(N_("TLS was tried, and failed ({reason})", reason=str(error)))
                await asyncio.sleep(ATTEMPT_PAUSE)
            else:
                self._optional.worked()
                return connection
        return None

    async def _greeted(self, connection: Connection) -> Connection:
        try:
            await connection.send(self.hello.as_frame())
            await self._answered(connection, "welcome")
        except BaseException:
            await connection.close()
            raise
        return connection

    async def _register(self, connection: Connection) -> None:
        if self._obeying is not None:
            answer = await self._obeying.register(connection)
        else:
            answer = await self._ask(connection, {"register": await self._where(connection)}, "registered")
            given = answer.get("settings")
            self.settings.receive(given if isinstance(given, dict) else {})
        self.registrations += 1
        self._tell(_registered(word(answer, "registered"), connection.uses_tls))
        if self.neighbours:
            await self.neighbours.meet(answer.get("neighbours"))

    async def _stay(self, connection: Connection) -> Connection | None:
        """Stay until it is time to register anew (None), or TLS works where it had not: return that connection."""
        loop = asyncio.get_running_loop()
        end = loop.time() + random.uniform(*self._reset)  # noqa: S311 - spreads clients, hides nothing
        if self._obeying is not None and connection.uses_tls:
            end = min(end, loop.time() + self._obeying.keyring.due_in)
        asks_for_tls = (
            self.settings.mode is TlsMode.OPTIONAL and not connection.uses_tls and self._context is not None
        )
        silent_until = loop.time() + PING_SECONDS
        while (left := end - loop.time()) > 0:
            wait = min(left, silent_until - loop.time(), self._optional.due_in if asks_for_tls else left)
            if await _ended(connection, wait):
                raise ConnectionResetError("connection lost")
            if asks_for_tls and self._optional.is_due:
                better = await self._tried_tls()
                if better is not None:
                    return better
            if loop.time() >= silent_until:
                if self._is_news(await self._ask(connection, {"ping": 1}, "pong")):
                    return None
                silent_until = loop.time() + PING_SECONDS
        return None

    @property
    def _trusted(self) -> frozenset[str]:
        """Which roots are trusted, where that is what a server is judged by."""
        return frozenset(self._obeying.keyring.known) if self._obeying else frozenset()

    def _is_news(self, pong: Frame) -> bool:
        """Say whether a server tells that it has more to say than was heard."""
        number = pong.get("number")
        return self._obeying is not None and type(number) is int and number > self._obeying.keyring.number

    async def _where(self, connection: Connection) -> Frame:
        return await self.neighbours.listen(connection) if self.neighbours else {}

    async def _ask(self, connection: Connection, frame: Frame, wanted: str) -> Frame:
        await connection.send(frame)
        return await self._answered(connection, wanted)

    async def _answered(self, connection: Connection, wanted: str) -> Frame:
        frame = await connection.read(ANSWER_SECONDS)
        if frame is None:
            raise ConnectionResetError("connection lost")
        if wanted not in frame:
            raise Refused(word(frame, "refused") or "not-understood")
        return frame


async def _closed(connection: Connection, following: Connection | None) -> None:
    """Close one, and let go of the next as well where there is no time for that."""
    try:
        await connection.close()
    except BaseException:
        if following is not None:
            let_go(following.writer.transport)
        raise


async def _ended(connection: Connection, seconds: float) -> bool:
    """Wait that long, or until the server says what nobody asked for, or is gone; return whether it did."""
    try:
        await connection.read(seconds)
    except TimeoutError:
        return False
    return True


def _registered(server: str, uses_tls: bool) -> Message:
    if uses_tls:
        return N_("registered with {server}, using TLS", server=server)
    return N_("registered with {server}, unencrypted", server=server)


def _lost(error: BaseException, pause: float) -> Message:
    seconds = f"{pause:.1f}"
    if isinstance(error, Refused):
        return N_("refused ({reason}); again in {seconds} s", reason=str(error), seconds=seconds)
    if isinstance(error, HandshakeFailed):
        return N_("the TLS handshake failed ({reason}); again in {seconds} s", reason=str(error), seconds=seconds)
    return N_("no connection ({reason}); again in {seconds} s", reason=why(error), seconds=seconds)
