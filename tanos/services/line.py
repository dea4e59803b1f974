"""The line between the supervisor and one service's process: both ask, answer and tell, in frames over one socket.

Invariants: an answer goes to the question it belongs to, and every question has one, a fault's also; when the line
ends, every question open on it ends too, as LineLost. Nothing but frames goes over it, and descriptors never do.
"""

import asyncio
import socket
import sys
import traceback
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

from tanos.errors import TanosError
from tanos.services.frames import BadFrame, Frame, frame_bytes, read_frame

Answer = Callable[[str, Frame], Awaitable[Frame | None]]
"""What is asked or told, its words; what is returned goes to who asked."""


MOST_AT_WORK = 256
"""Questions of the other end; what else it asks waits."""


class LineLost(Exception):
    """The other end is gone."""


class Line:
    """One end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer) -> None:
        self._reader, self._writer, self._answer = reader, writer, answer
        self._numbers = count(1)
        self._open: dict[int, asyncio.Future[Frame]] = {}
        self._working: set[asyncio.Task[None]] = set()

    @classmethod
    async def over(cls, end: socket.socket, answer: Answer) -> "Line":
        """Return this end of a socket pair."""
        reader, writer = await asyncio.open_connection(sock=end)
        return cls(reader, writer, answer)

    def tell(self, what: str, **words: Any) -> None:
        """Say something that wants no answer; lost where nobody is there."""
        if not self._writer.is_closing():
            self._writer.write(frame_bytes({"tell": what, "words": words}))

    async def ask(self, what: str, **words: Any) -> Frame:
        """Return the answer. Raises LineLost; PermissionError with what the other end refused it for."""
        number = next(self._numbers)
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._open[number] = answer
        try:
            if self._writer.is_closing():
                raise LineLost
            self._writer.write(frame_bytes({"ask": what, "number": number, "words": words}))
            return await answer
        finally:
            del self._open[number]

    async def run(self) -> None:
        """Read until the other end is gone."""
        try:
            while (frame := await read_frame(self._reader)) is not None:
                self._take(frame)
                while len(self._working) >= MOST_AT_WORK:
                    await asyncio.wait(self._working, return_when=asyncio.FIRST_COMPLETED)
        except (BadFrame, OSError, KeyError, TypeError):  # what is no question and no answer ends it, too
            pass
        finally:
            self._end()

    def close(self) -> None:
        """Hang up."""
        self._writer.close()

    def _take(self, frame: Frame) -> None:
        if "answer" in frame or "refused" in frame:
            waiting = self._open.get(frame["number"])
            if waiting is None or waiting.done():
                return
            if "refused" in frame:
                waiting.set_exception(PermissionError(frame["refused"]))
            else:
                waiting.set_result(frame["answer"])
            return
        task = asyncio.create_task(self._attend(frame))
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def _attend(self, frame: Frame) -> None:
        number = frame.get("number")
        try:
            answered: Frame = {"answer": await self._answer(frame.get("ask") or frame["tell"], frame["words"]) or {}}
        except TanosError as error:
            answered = {"refused": error.id}
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            answered = {"refused": (isinstance(error, OSError) and error.strerror) or type(error).__name__}
        if number is not None and not self._writer.is_closing():
            self._writer.write(frame_bytes({"number": number, **answered}))

    def _end(self) -> None:
        self._writer.close()
        for waiting in self._open.values():
            if not waiting.done():
                waiting.set_exception(LineLost())
        for task in self._working:
            task.cancel()
