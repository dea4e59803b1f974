"""The front door's end of one warm parent: a process, the socket to it, and the sessions that it was asked for.

Invariants: a session that was opened always ends: with its exit status, or with None where its process is lost. A
parent that is retired gets no more sessions and goes when its last one has ended.
"""

import asyncio
import contextlib
import socket
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path

from sftp import grace
from sftp.letters import close_all, copies_of, receive, send, write_letter
from sftp.session import Session
from tanos.system import start_python

FIELDS = sorted(field.name for field in fields(Session))
"""What a session is told by; a parent whose code knows others cannot be asked for one."""
_LEAVE_SECONDS = 3.0


class Running:
    """One open session."""

    def __init__(self, number: int, parent: "Parent") -> None:
        loop = asyncio.get_running_loop()
        self.number = number
        self.ended: asyncio.Future[int | None] = loop.create_future()
        """The exit status (negative: the signal that killed it); None where its process is lost."""
        self._parent = parent

    def kill(self) -> None:
        """Ask it to go (SIGHUP), and kill it when its grace is over."""
        self._parent.kill(self.number)

    def refresh(self) -> None:
        """Tell it (SIGURG, which means nothing to who does not listen) to show what is true now."""
        self._parent.refresh(self.number)

    def settle(self, status: int | None) -> None:
        """Say how it ended."""
        if not self.ended.done():
            self.ended.set_result(status)


async def start_parent(
    module: str, home: Path, environment: Mapping[str, str], gone: Callable[["Parent"], None]
) -> "Parent":
    """Start a parent that is not warm yet; `gone` is told when its process has ended. Raises OSError."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    try:
        with theirs:
            process = await start_python(
                module,
                str(home),
                str(theirs.fileno()),
                environment=environment,
                pass_fds=[theirs.fileno()],
            )
    except BaseException:
        ours.close()
        raise
    return Parent(process, ours, gone)


class Parent:
    """One warm parent."""

    def __init__(
        self, process: asyncio.subprocess.Process, control: socket.socket, gone: Callable[["Parent"], None]
    ) -> None:
        loop = asyncio.get_running_loop()
        self.pid = process.pid
        self.warm: asyncio.Future[bool] = loop.create_future()
        """Whether it can be asked for sessions; False where it ended before, or does not understand us."""
        self._process = process
        self._control: socket.socket | None = control
        self._gone = gone
        self._numbers = 0
        self._running: dict[int, Running] = {}
        self._unsent: deque[tuple[int, bytes, list[int]]] = deque()
        self._retired = False
        self._watch = asyncio.create_task(self._wait())
        loop.add_reader(control.fileno(), self._read)

    def open(self, session: Session, descriptors: Sequence[int]) -> Running:
        """Have a session forked that gets copies of `descriptors`. Raises ValueError, OSError."""
        self._numbers += 1
        told = {**vars(session), "environment": dict(session.environment)}
        letter = write_letter({"ask": "open", "id": self._numbers, "session": told})
        copies = copies_of(descriptors)
        self._running[self._numbers] = running = Running(self._numbers, self)
        self._post(letter, copies, self._numbers)
        return running

    def kill(self, number: int) -> None:
        """Ask a session to go, and have it killed when its grace is over."""
        if number in self._running:
            self._post(write_letter({"ask": "kill", "id": number}), [])

    def refresh(self, number: int) -> None:
        """Tell a session to show what is true now."""
        if number in self._running:
            self._post(write_letter({"ask": "refresh", "id": number}), [])

    def stir(self) -> None:
        """Say that somebody is about to ask for a menu; not where others wait for theirs."""
        if not self._unsent:
            self._post(write_letter({"ask": "stir"}), [])

    def retire(self) -> None:
        """Let it go when its last session has ended."""
        self._retired = True
        self._post(write_letter({"ask": "retire"}), [])
        self._leave_where_idle()

    async def close(self) -> None:
        """End it and, with it, every session."""
        self.hang_up()
        try:
            await asyncio.wait_for(asyncio.shield(self._watch), grace.WORK_SECONDS + _LEAVE_SECONDS)
        except TimeoutError:
            self.kill_all()
            await self._watch

    def kill_all(self) -> None:
        """End it at once: its sessions are hung up on by the system."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    def hang_up(self) -> None:
        """Close the socket: it ends its sessions and goes."""
        if not self.warm.done():
            self.warm.set_result(False)
        if self._control is not None:
            asyncio.get_running_loop().remove_reader(self._control.fileno())
            asyncio.get_running_loop().remove_writer(self._control.fileno())
            self._control.close()
            self._control = None
        while self._unsent:
            close_all(self._unsent.popleft()[2])
        for running in self._running.values():
            running.settle(None)
        self._running.clear()

    async def _wait(self) -> None:
        await self._process.wait()
        self.hang_up()
        self._gone(self)

    def _leave_where_idle(self) -> None:
        if self._retired and not self._running:
            self.hang_up()

    def _read(self) -> None:
        while self._control is not None:
            try:
                arrived = receive(self._control)
            except BlockingIOError:
                return
            if arrived is None:
                self.hang_up()
                return
            letter, _ = arrived
            if "ready" in letter and letter.get("fields") == FIELDS and not self.warm.done():
                self.warm.set_result(True)
            elif "ready" in letter:
                self.hang_up()
            elif "exit" in letter and (running := self._running.pop(letter["id"], None)):
                running.settle(letter["exit"])
                self._leave_where_idle()

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
                    running.settle(None)
            close_all(descriptors)
            self._unsent.popleft()
        loop.remove_writer(self._control.fileno())
