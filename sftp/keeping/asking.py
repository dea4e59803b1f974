"""Asking a keeper that is another process: the same methods, over a line that the front handed over.

Invariants: a line carries nothing but wishes to be connected; what is asked goes over a connection of its own, which
ends with the keeper that it was made to, so that no answer is ever taken for that of another question, and begins
with a word of that keeper, so that a question is never lost on the way. Where a keeper dies under a question that
changes something, who asked is told `busy`, and the next question reaches the keeper that was started instead; what
only reads or signs is asked there at once.
"""

import asyncio
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sftp.keeping.rights import METHODS, PURE, Part
from sftp.keeping.soon import CONNECT, GREETING, Soon, busy
from sftp.keeping.wire import error_of, receive, send
from tanos.appliance import Appliance
from tanos.keeper import Keeper, ask_by

ANSWER_SECONDS = 60.0
CONNECT_SECONDS = 2.0
_PAUSE = 0.005
_GONE = (OSError, EOFError, ValueError)


class Line:
    """This process's end of a line to the keeper."""

    def __init__(self, descriptor: int) -> None:
        self._line = socket.socket(fileno=descriptor)
        self._line.settimeout(ANSWER_SECONDS)
        os.set_inheritable(descriptor, False)
        self._connection: socket.socket | None = None
        self._lock = threading.Lock()
        self._soon: Soon | None = None

    def ask(self, method: str, words: tuple[Any, ...]) -> Any:
        """Have `method` done and return its answer.

        Raises the TanosError that it raised there, ValueError for what it was not asked rightly, NotYet `busy`.
        """
        with self._lock:
            answer = self._answer(method, words)
            if answer is None and method in PURE:
                answer = self._answer(method, words)
        return _value(answer)

    async def ask_soon(self, method: str, words: tuple[Any, ...]) -> Any:
        """Have `method`, which only reads or signs, done while the running loop goes on; as `ask` otherwise."""
        if self._soon is None:
            self._soon = Soon(self._line.fileno())
        return _value(await self._soon.ask(method, words))

    @contextmanager
    def for_another(self, part: Part, user: str) -> Iterator[int]:
        """Yield a descriptor: a new line with those rights, of which whoever shall have it takes a copy.

        The keeper hears of it after the block, so that nobody waits for that; where it is lost, so is the line.
        Raises OSError; only the front's line does it.
        """
        theirs, ours = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, ours:
            yield theirs.fileno()
            said = json.dumps({"part": part, "user": user}).encode()
            with suppress(OSError):
                socket.send_fds(self._line, [said], [ours.fileno()])

    def when_lost(self, tell: Callable[[], None]) -> None:
        """Have the running loop call `tell` once nobody is left at the other end, who could start a keeper again."""
        loop, number = asyncio.get_running_loop(), self._line.fileno()

        def lost() -> None:
            loop.remove_reader(number)
            tell()

        loop.add_reader(number, lost)

    def close(self) -> None:
        """Let go of the keeper."""
        self._hang_up()
        if self._soon is not None:
            self._soon.close()
        self._line.close()

    def _answer(self, method: str, words: tuple[Any, ...]) -> Any:
        """Return the answer of the keeper, None where it is lost; raise NotYet `busy` where nothing was asked."""
        try:
            answer = receive(self._asked([method, list(words)]))
        except _GONE:
            answer = None
            self._hang_up()
        except BaseException:
            self._hang_up()
            raise
        return answer

    def _asked(self, question: list[Any]) -> socket.socket:
        """Ask over the connection that there is, or another where that one has ended; return it."""
        if self._connection is not None:
            try:
                send(self._connection, question)
                return self._connection
            except OSError:
                self._hang_up()
        self._connection = self._connected()
        send(self._connection, question)
        return self._connection

    def _connected(self) -> socket.socket:
        """Return a connection at whose other end a keeper is, wait for one to be started. Raises NotYet `busy`."""
        deadline = time.monotonic() + CONNECT_SECONDS
        while True:
            ours, theirs = socket.socketpair()
            ours.settimeout(CONNECT_SECONDS)
            try:
                with theirs:
                    socket.send_fds(self._line, [CONNECT], [theirs.fileno()])
                if ours.recv(len(GREETING)):
                    ours.settimeout(ANSWER_SECONDS)
                    return ours
            except OSError:
                deadline = 0
            ours.close()
            if time.monotonic() > deadline:
                raise busy()
            time.sleep(_PAUSE)

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _value(answer: Any) -> Any:
    if not isinstance(answer, dict):
        raise busy()
    if "error" in answer:
        raise error_of(answer["error"])
    if "wrong" in answer:
        raise ValueError(answer["wrong"])
    return answer["value"]


class FarKeeper(Keeper):
    """The keeper of this appliance, in its own process. What may not be asked raises ValueError."""

    def __init__(self, appliance: Appliance, line: Line) -> None:
        self.appliance = appliance
        self._line = line

    async def _ask_soon(self, method: str, words: tuple[Any, ...]) -> Any:
        return await self._line.ask_soon(method, words)


async def ask_soon(keeper: Keeper, method: str, *words: Any) -> Any:
    """Have a keeper do what only reads or signs; where it is another process, the running loop goes on meanwhile."""
    if isinstance(keeper, FarKeeper):
        return await keeper._ask_soon(method, words)
    return getattr(keeper, method)(*words)


def _far(method: str) -> Any:
    def ask(self: FarKeeper, *words: Any) -> Any:
        return self._line.ask(method, words)

    return ask


def _never(self: FarKeeper, *words: Any) -> Any:
    raise ValueError("done where the files are")


for _name in dir(Keeper):
    if not _name.startswith("_"):
        setattr(FarKeeper, _name, _far(_name) if _name in METHODS else _never)


def ask_over(line: Line) -> None:
    """Have this process reach its keeper over `line` from now on."""
    ask_by(lambda appliance: FarKeeper(appliance, line))


def pairs_over(descriptor: int) -> Callable[[str], str | None]:
    """Have the pairs that may be asked for over a line to the keeper, whose descriptor this is, by their kind.

    Raises what `serving_pair` does, ValueError for a kind that was not granted, NotYet `busy`.
    """
    line = Line(descriptor)

    def pair(kind: str) -> str | None:
        found: str | None = line.ask("serving_pair", (kind,))
        return found

    return pair
