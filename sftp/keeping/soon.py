"""Asking the keeper from an event loop, which goes on meanwhile: one connection, questions in their order.

Invariants: a question has its answer, or is told `busy`, within `SOON_SECONDS`, whatever the keeper and its guardian
do; nothing here waits but who asked. Only what may be asked again is asked here (`PURE`): where the keeper dies, or
is replaced because it hung, the next one is asked without a word.
"""

import asyncio
import os
import socket
from collections import deque
from contextlib import suppress
from typing import Any

from sftp.keeping.rights import PURE
from sftp.keeping.wire import HEAD, LONGEST, encoded, understood
from tanos.errors import NotYet
from tanos.message import N_

SOON_SECONDS = 12.0
"""More than a guardian needs to replace a keeper that hangs."""
CONNECT = b"c"
GREETING = b"k"
BEAT = b"b"
"""What the guardian says to the keeper, and the keeper back."""
_PAUSE = 0.02


class Soon:
    """A connection to the keeper that answers later; made when it is first needed."""

    def __init__(self, line: int) -> None:
        """Wish for connections over the descriptor `line`, which stays the caller's."""
        self._line = line
        self._opening = asyncio.Lock()
        self._writer: asyncio.StreamWriter | None = None
        self._listener: asyncio.Task[None] | None = None
        self._waiting: deque[asyncio.Future[Any]] = deque()

    async def ask(self, method: str, words: tuple[Any, ...]) -> Any:
        """Return what the keeper answers, as `sftp.keeping.wire` has it. Raises NotYet `busy`."""
        assert method in PURE, method
        with suppress(TimeoutError):
            async with asyncio.timeout(SOON_SECONDS):
                while True:
                    answer = await self._answer([method, list(words)])
                    if isinstance(answer, dict):
                        return answer
                    await asyncio.sleep(_PAUSE)
        raise busy()

    def close(self) -> None:
        """Let go of the keeper."""
        if self._listener is not None:
            self._listener.cancel()
        self._lose()

    async def _answer(self, question: list[Any]) -> Any:
        """Return the answer, None where the keeper is lost."""
        try:
            writer = await self._connected()
        except OSError:
            return None
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(answer)
        writer.write(encoded(question))
        return await answer

    async def _connected(self) -> asyncio.StreamWriter:
        """Return the connection, made anew where the last one has ended. Raises OSError where no keeper is there."""
        async with self._opening:
            if self._writer is None:
                reader, self._writer = await asyncio.open_connection(sock=await self._greeted())
                self._listener = asyncio.create_task(self._listen(reader))
            return self._writer

    async def _greeted(self) -> socket.socket:
        """Return a socket at whose other end a keeper said a word. Raises OSError."""
        ours, theirs = socket.socketpair()
        try:
            ours.setblocking(False)
            with theirs, socket.socket(fileno=os.dup(self._line)) as line:
                line.setblocking(False)
                socket.send_fds(line, [CONNECT], [theirs.fileno()])
            if not await asyncio.get_running_loop().sock_recv(ours, len(GREETING)):
                raise ConnectionResetError
        except BaseException:
            ours.close()
            raise
        return ours

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                length = int.from_bytes(await reader.readexactly(HEAD))
                if length > LONGEST:
                    break
                answer = understood(await reader.readexactly(length))
                asked = self._waiting.popleft()
                if not asked.done():
                    asked.set_result(answer)
        except (OSError, EOFError, ValueError, IndexError):
            pass
        finally:
            self._lose()

    def _lose(self) -> None:
        """Tell all who wait for an answer of this connection that none comes."""
        if self._writer is not None:
            self._writer.close()
        self._writer, self._listener = None, None
        while self._waiting:
            asked = self._waiting.popleft()
            if not asked.done():
                asked.set_result(None)


def busy() -> NotYet:
    """Return what is said where the keeper does not answer."""
    return NotYet(
        "busy",
        N_("The keeper of the private keys was interrupted; it is started again."),
        N_("Look at the present state, then try again."),
    )
