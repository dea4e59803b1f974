"""The front door's handle on the warm parent.

Invariant: a session that was opened always ends: with its exit status, or with None where its process is lost. The
parent is started before the front door loads any key, and started again whenever it dies.
"""

import asyncio
import contextlib
import os
import socket
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from sftp import grace
from sftp.forks import serve_forever
from sftp.letters import close_all, receive, send, write_letter
from sftp.session import Session
from tanos.errors import Damaged
from tanos.faults import write_fault
from tanos.message import N_
from tanos.system import start_python

__all__ = ["Running", "WarmParent", "serve_forever"]

_START_SECONDS = 30.0
_PAUSE_BETWEEN_STARTS = 0.5
_LONGEST_PAUSE = 10.0
_LEAVE_SECONDS = 3.0


class Running:
    """One open session."""

    def __init__(self, number: int, parent: "WarmParent") -> None:
        loop = asyncio.get_running_loop()
        self.number = number
        self.ended: asyncio.Future[int | None] = loop.create_future()
        """The exit status (negative: the signal that killed it); None where its process is lost."""
        self._parent = parent

    def kill(self) -> None:
        """Ask it to go (SIGHUP), and kill it when its grace is over."""
        self._parent.kill(self.number)


class WarmParent:
    """Starts the warm parent, keeps it alive, and asks it for sessions."""

    def __init__(self, home: Path, module: str = "menus.warm", environment: Mapping[str, str] | None = None) -> None:
        self._home = home
        self._module = module
        self._environment = {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONUTF8": "1", **(environment or {})}
        self._numbers = 0
        self._running: dict[int, Running] = {}
        self._unsent: deque[tuple[int, bytes, list[int]]] = deque()
        self._control: socket.socket | None = None
        self._ready = asyncio.Event()
        self._was_warm = False
        self._keeper: asyncio.Task[None] | None = None
        self.pid = 0
        """Of the parent that is warm; 0 where none is."""

    async def start(self) -> None:
        """Start it and wait until it is warm. Raises Damaged `no-warm-parent`."""
        self._keeper = asyncio.create_task(self._keep())
        waiting = asyncio.create_task(self._ready.wait())
        await asyncio.wait({self._keeper, waiting}, timeout=_START_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if not self._ready.is_set():
            await self.close()
            raise _not_started()

    async def close(self) -> None:
        """End it and, with it, every session."""
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
            self._keeper = None

    async def open(self, session: Session, descriptors: Sequence[int]) -> Running:
        """Have a session forked that gets copies of `descriptors` as 0, 1, 2 …; the caller keeps its own.

        Raises Damaged `no-warm-parent`, ValueError where the session's words are too long, OSError.
        """
        try:
            await asyncio.wait_for(self._ready.wait(), _START_SECONDS)
        except TimeoutError:
            raise _not_started() from None
        self._numbers += 1
        fields = {**asdict(session), "environment": dict(session.environment)}
        letter = write_letter({"ask": "open", "id": self._numbers, "session": fields})
        copies = _copies(descriptors)
        self._running[self._numbers] = running = Running(self._numbers, self)
        self._post(letter, copies, self._numbers)
        return running

    def kill(self, number: int) -> None:
        """Ask a session to go, and have it killed when its grace is over."""
        if number in self._running:
            self._post(write_letter({"ask": "kill", "id": number}), [])

    async def _keep(self) -> None:
        """Start it, and again whenever it dies; give up only where it never became ready at all."""
        ever_warm, pause = False, _PAUSE_BETWEEN_STARTS
        while True:
            was_warm = await self._live_and_die()
            ever_warm = ever_warm or was_warm
            if not ever_warm:
                return
            pause = _PAUSE_BETWEEN_STARTS if was_warm else min(2 * pause, _LONGEST_PAUSE)
            await asyncio.sleep(pause)

    async def _live_and_die(self) -> bool:
        """Start one and wait until it is dead; say whether it was ready before."""
        self._was_warm = False
        try:
            process = await self._start_one()
        except OSError as error:
            write_fault(self._home, "warm parent", error)
            return False
        try:
            await process.wait()
            return self._was_warm
        except asyncio.CancelledError:
            self._hang_up()
            await _leave_or_be_killed(process)
            raise
        finally:
            self._hang_up()

    async def _start_one(self) -> asyncio.subprocess.Process:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        try:
            with theirs:
                process = await start_python(
                    self._module,
                    str(self._home),
                    str(theirs.fileno()),
                    environment=self._environment,
                    pass_fds=[theirs.fileno()],
                )
        except BaseException:
            ours.close()
            raise
        self._control = ours
        asyncio.get_running_loop().add_reader(ours.fileno(), self._read)
        return process

    def _read(self) -> None:
        while self._control is not None:
            try:
                arrived = receive(self._control)
            except BlockingIOError:
                return
            if arrived is None:
                self._hang_up()
                return
            letter, _ = arrived
            if "ready" in letter:
                self.pid = letter["ready"]
                self._was_warm = True
                self._ready.set()
            elif "exit" in letter and (running := self._running.pop(letter["id"], None)):
                _settle(running, letter["exit"])

    def _hang_up(self) -> None:
        self.pid = 0
        self._ready.clear()
        if self._control is not None:
            asyncio.get_running_loop().remove_reader(self._control.fileno())
            asyncio.get_running_loop().remove_writer(self._control.fileno())
            self._control.close()
            self._control = None
        while self._unsent:
            close_all(self._unsent.popleft()[2])
        for running in self._running.values():
            _settle(running, None)
        self._running.clear()

    def _post(self, data: bytes, descriptors: list[int], number: int = 0) -> None:
        self._unsent.append((number, data, descriptors))
        self._flush()

    def _flush(self) -> None:
        if self._control is None:
            return
        loop = asyncio.get_running_loop()
        while self._unsent:
            number, data, descriptors = self._unsent[0]
            try:
                send(self._control, data, descriptors)
            except BlockingIOError:
                loop.add_writer(self._control.fileno(), self._flush)
                return
            except OSError:
                if running := self._running.pop(number, None):
                    _settle(running, None)
            close_all(descriptors)
            self._unsent.popleft()
        loop.remove_writer(self._control.fileno())


def _copies(descriptors: Sequence[int]) -> list[int]:
    copies: list[int] = []
    try:
        for each in descriptors:
            copies.append(os.dup(each))  # noqa: PERF401 - those made so far are closed where one fails
    except OSError:
        close_all(copies)
        raise
    return copies


async def _leave_or_be_killed(process: asyncio.subprocess.Process) -> None:
    try:
        await asyncio.wait_for(process.wait(), grace.WORK_SECONDS + _LEAVE_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


def _settle(running: Running, status: int | None) -> None:
    if not running.ended.done():
        running.ended.set_result(status)


def _not_started() -> Damaged:
    return Damaged(
        "no-warm-parent",
        N_("The process that serves sessions could not be started."),
        N_("What it printed says why; nothing was changed."),
    )
