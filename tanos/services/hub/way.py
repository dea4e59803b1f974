"""One way of the hub: its connection to one server, made again for as long as the hub runs.

Invariants: whatever comes over it, or keeps it from being made, the way goes on; what it holds for a server that does
not read is bounded, and a server that is so far behind is let go. A connection that is dead is noticed by a beat that
is not answered. Where TLS is tried first and failed, it is tried again beside the connection in the clear, ever more
seldom, and takes its place once it works: one failure costs nobody the encryption of months.
"""

import asyncio
import contextlib
import ssl
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from typing import Any

from cryptography import x509

from tanos.certificates.check_code import check_code
from tanos.services.connecting import HandshakeFailed, Target, TlsMode, connect, connect_tls, why
from tanos.services.frames import BadFrame, Frame, frame_bytes
from tanos.services.hub.meeting import GIVEN
from tanos.services.letting_go import let_go
from tanos.services.listener import Connection
from tanos.services.protocol import SILENT_SECONDS, Hello, word
from tanos.services.relaying import LONGEST_RELAYED
from tanos.services.revocations import REVOKED

SHORTEST_PAUSE, LONGEST_PAUSE = 0.2, 30.0
LONGEST_WAIT = 5.0
"""The longest pause while an operator is waited for: who approves a key sees it taken."""
TLS_AGAIN_SECONDS, TLS_SELDOM_SECONDS = 5.0, 1800.0
"""The pauses before TLS is tried again: the first, which doubles, and the longest."""
BEAT_SECONDS = 30.0
MOST_UNREAD = 4 * 1024 * 1024
"""Bytes that wait for a server."""
GONE = (OSError, ssl.SSLError, TimeoutError, BadFrame, ValueError)


class Way:
    """To one server."""

    def __init__(
        self,
        hello: Hello,
        contexts: Sequence[ssl.SSLContext],
        target: Target,
        mode: TlsMode,
        take: Callable[["Way", Frame], Awaitable[None]],
        tell: Callable[[], None],
        welcomed: Callable[["Way", Frame], None],
        is_revoked: Callable[[bytes | None], bool],
        meet: Callable[[Target, int], Awaitable[str]] | None = None,
    ) -> None:
        """Connect to `target`, unless what it shows `is_revoked`; where one of `contexts` fails, by the next.

        `welcomed` hears what it said first, `take` all else, `tell` that a thing changed; `meet` tries what is left
        where the server proves nothing, and returns what it waits for.
        """
        self.target, self._mode, self.problem = target, mode, ""
        self._hello, self._contexts, self._take, self._tell = hello, tuple(contexts), take, tell
        self._turn, self._was_open = 0, False
        self._welcomed, self._is_revoked, self._meet = welcomed, is_revoked, meet
        self._connection: Connection | None = None
        self._better: Connection | None = None
        """One with TLS that takes the place of one in the clear."""
        self._pause = SHORTEST_PAUSE
        self._shown = ""

    def show(self, contexts: Sequence[ssl.SSLContext]) -> None:
        """Connect by other pairs from the next time on."""
        self._contexts, self._turn = tuple(contexts), 0

    def look_again(self, is_meant: Callable[[bytes | None], bool] | None = None) -> None:
        """Let go of a server whose certificate is revoked by now, or is meant."""
        if self._connection is not None and (is_meant or self._is_revoked)(self._connection.certificate):
            let_go(self._connection.writer.transport)

    @property
    def certificate(self) -> bytes | None:
        """What the server showed that is there, DER."""
        return self._connection.certificate if self._connection is not None else None

    async def keep(self) -> None:
        """Connect, carry, and connect again, until cancelled."""
        try:
            await self._keep()
        finally:
            if self._better is not None:
                await self._better.close()

    async def _keep(self) -> None:
        while True:
            self._was_open = False
            try:
                better, self._better = self._better, None
                await self._carry(better or await connect(self.target, self._mode, self._present))
            except GONE as error:
                if not self._was_open:  # the other end may know another root than that of the pair which was shown
                    self._turn += 1
                self.problem = str(error) if isinstance(error, BadFrame) else why(error)
                if isinstance(error, HandshakeFailed) or self.problem == REVOKED:
                    await self._try_meeting()
            except Exception as error:
                self.problem = type(error).__name__
                traceback.print_exc(file=sys.stderr)
            self._tell()
            if self._better is None:
                await asyncio.sleep(self._pause)
                self._pause = min(2 * self._pause, LONGEST_PAUSE)

    def post(self, frame: Frame) -> None:
        """Send without waiting; who is too far behind is let go. Raises ConnectionError where nobody is there."""
        connection = self._there()
        if connection.writer.transport.get_write_buffer_size() > MOST_UNREAD:
            let_go(connection.writer.transport)
            raise ConnectionAbortedError
        connection.writer.write(frame_bytes(frame))

    async def send(self, frame: Frame) -> None:
        """Send, and wait while the server is behind. Raises OSError where nobody is there any longer."""
        await self._there().send(frame)

    @property
    def is_open(self) -> bool:
        """Whether the server is there and took the hub."""
        return self._connection is not None

    def as_data(self) -> dict[str, Any]:
        """Tell how this segment stands."""
        return {
            "to": self.target.name,
            "mode": int(self._mode),
            "connected": self.is_open,
            "tls": self._connection is not None and self._connection.uses_tls,
            "check_code": self._shown,
            "without_tls_for": self._connection.without_tls_for if self._connection is not None else "",
            "problem": self.problem,
        }

    async def _try_meeting(self) -> None:
        """Meet a server that proves nothing, or another than itself: by the first pair whose root it trusts."""
        if self._meet is None:
            return
        for turn in range(max(1, len(self._contexts))):
            with contextlib.suppress(*GONE):
                said = await self._meet(self.target, self._turn + turn)
                self.problem = said or self.problem
                longest = LONGEST_WAIT if said else LONGEST_PAUSE
                self._pause = SHORTEST_PAUSE if said == GIVEN else min(self._pause, longest)
                return

    @property
    def _present(self) -> ssl.SSLContext | None:
        return self._contexts[self._turn % len(self._contexts)] if self._contexts else None

    def _there(self) -> Connection:
        if self._connection is None:
            raise ConnectionResetError
        return self._connection

    async def _carry(self, connection: Connection) -> None:
        try:
            if self._is_revoked(connection.certificate):
                raise BadFrame(REVOKED)
            await connection.send(self._hello.as_frame())
            said = await connection.read(SILENT_SECONDS, LONGEST_RELAYED)
            if said is None or "welcome" not in said:
                raise BadFrame(word(said or {}, "refused") or "nothing was said")
            self._opened(connection, said)
            async with _beside(_beat(connection)), _beside(self._try_tls(connection)):
                while (frame := await connection.read(SILENT_SECONDS, LONGEST_RELAYED)) is not None:
                    await self._take(self, frame)
            self.problem = "connection ended"
        finally:
            self._connection, self._shown = None, ""
            await connection.close()

    def _opened(self, connection: Connection, said: Frame) -> None:
        shown = connection.certificate
        if shown is not None:
            self._shown = check_code(x509.load_der_x509_certificate(shown).public_key())
        self._connection, self.problem, self._pause, self._was_open = connection, "", SHORTEST_PAUSE, True
        self._welcomed(self, said)
        self._tell()

    async def _try_tls(self, clear: Connection) -> None:
        """Where TLS failed for this connection, try it until it works; end it then, for the one that is made."""
        pause = TLS_AGAIN_SECONDS
        while clear.without_tls_for:
            await asyncio.sleep(pause)
            try:
                self._better = await connect_tls(self.target, self._present)
            except GONE as error:
                clear.without_tls_for = why(error)
                pause = min(2 * pause, TLS_SELDOM_SECONDS)
            else:
                clear.writer.close()
                return


@contextlib.asynccontextmanager
async def _beside(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Do it for as long as the block lasts."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()


async def _beat(connection: Connection) -> None:
    """Say something now and then: who is there answers."""
    with contextlib.suppress(*GONE):
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            await connection.send({"ping": 1})
