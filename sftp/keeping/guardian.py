"""The guardian: starts the keeper, starts it again whenever it dies or hangs, and passes connections on to it.

Invariants: it is forked before anything of the outside is read, and before the front gives up its own rights; it has
one thread, reads nothing but wishes to be connected, and grants a line no more than the front said when it was made.
A keeper that answers no beat for some seconds hangs and is killed; beats are counted, not seconds, so that a machine
that slept costs no keeper. It goes when the front and all whom the front let ask are gone, or have had time enough;
the keeper goes with it.
"""

import ctypes
import json
import os
import select
import selectors
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from sftp.keeping.asking import Line
from sftp.keeping.rights import ONCE, Part, Rights
from sftp.keeping.soon import BEAT, CONNECT
from sftp.keeping.worker import FINISH_SECONDS, work
from tanos.appliance import Appliance
from tanos.confinement.capabilities import give_up
from tanos.confinement.confine import confine
from tanos.confinement.home import keeper_needs
from tanos.confinement.single import keep_unread
from tanos.faults import write_fault

LINGER_SECONDS = 12.0
"""How long those whom the front let ask may go on when the front is gone: more than a session's grace."""
BEAT_SECONDS = 1.0
MOST_UNANSWERED = 4
"""Beats."""
_LETTER = 4096
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.01, 2.0
_STEADY_SECONDS = 10.0
_PR_SET_NAME = 15
_LIBC = ctypes.CDLL(None, use_errno=True)


@contextmanager
def keeping(appliance: Appliance) -> Iterator[Line]:
    """Have a keeper for as long as the block lasts; gives the front's line to it.

    Call it while there is one thread and no connection to the store is open. Raises OSError.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    child = os.fork()
    if child == 0:
        _become(appliance, theirs)
    theirs.close()
    line = Line(ours.detach())
    try:
        yield line
    finally:
        line.close()
        os.waitpid(child, 0)


def _become(appliance: Appliance, front: socket.socket) -> None:
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        _name(b"tanos-guardian")
        os.chdir("/")
        front = _keep_only(front)
        keep_unread()
        try:
            give_up()
            confine(keeper_needs(appliance))
        except (OSError, RuntimeError) as error:
            write_fault(appliance.home, "keeper, not confined", error)
        _Guardian(appliance, front).run()
    except Exception as error:
        write_fault(appliance.home, "keeper", error)
    finally:
        os._exit(0)


def _name(name: bytes) -> None:
    _LIBC.prctl(_PR_SET_NAME, name, 0, 0, 0)


def _keep_only(front: socket.socket) -> socket.socket:
    """Hold nothing of the front's, its lock, its output, or what it opened, but this line; return it."""
    os.dup2(front.detach(), 3, inheritable=False)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nothing, standard)
    os.closerange(4, 1 << 20)
    return socket.socket(fileno=3)


@dataclass
class _Asker:
    number: int
    line: socket.socket
    rights: Rights


class _Guardian:
    def __init__(self, appliance: Appliance, front: socket.socket) -> None:
        self._appliance = appliance
        self._front = _Asker(0, front, Rights(Part.FRONT))
        self._askers = {0: self._front}
        self._numbers = 0
        self._granted: set[Part] = set()
        self._selector = selectors.DefaultSelector()
        self._selector.register(front, selectors.EVENT_READ, self._front)
        self._pause = _SHORTEST_PAUSE
        self._ends = float("inf")
        self._start()

    def run(self) -> None:
        while self._askers and time.monotonic() < self._ends:
            for key, _ in self._selector.select(max(0.0, min(self._ends, self._beats) - time.monotonic())):
                if key.fileobj == self._pidfd:
                    self._start_again()
                elif key.data is None:
                    self._hear()
                elif key.data.number in self._askers:
                    self._read(key.data)
            if time.monotonic() >= self._beats:
                self._beat()
        self._control.close()
        self._await_end()

    def _start(self) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.setblocking(False)
        self._since = time.monotonic()
        self._beats, self._unanswered = self._since + BEAT_SECONDS, 0
        self._worker = os.fork()
        if self._worker == 0:
            self._control.close()
            for asker in self._askers.values():
                asker.line.close()
            self._selector.close()
            _name(b"tanos-keeper")
            work(self._appliance, theirs)
        theirs.close()
        self._pidfd = os.pidfd_open(self._worker)
        self._selector.register(self._pidfd, selectors.EVENT_READ)
        self._selector.register(self._control, selectors.EVENT_READ)

    def _beat(self) -> None:
        """Ask the keeper for a sign of life, or end one that gave none for too long."""
        self._beats = time.monotonic() + BEAT_SECONDS
        self._unanswered += 1
        if self._unanswered > MOST_UNANSWERED:
            os.kill(self._worker, signal.SIGKILL)
        else:
            with suppress(OSError):
                self._control.send(BEAT)

    def _hear(self) -> None:
        try:
            said = self._control.recv(_LETTER)
        except BlockingIOError:
            return
        except OSError:
            said = b""
        if said:
            self._unanswered = 0
        else:  # it is dying, which is seen otherwise
            self._selector.unregister(self._control)

    def _start_again(self) -> None:
        self._forget_worker()
        steady = time.monotonic() - self._since > _STEADY_SECONDS
        self._pause = _SHORTEST_PAUSE if steady else min(2 * self._pause, _LONGEST_PAUSE)
        time.sleep(self._pause)
        self._start()

    def _forget_worker(self) -> None:
        os.waitpid(self._worker, 0)
        self._selector.unregister(self._pidfd)
        os.close(self._pidfd)
        with suppress(KeyError):
            self._selector.unregister(self._control)
        self._control.close()

    def _read(self, asker: _Asker) -> None:
        try:
            data, descriptors, _, _ = socket.recv_fds(asker.line, _LETTER, 1, socket.MSG_CMSG_CLOEXEC)
        except OSError:
            data, descriptors = b"", []
        try:
            if not data:
                self._drop(asker)
            elif descriptors and data == CONNECT:
                self._pass_on(asker, descriptors[0])
            elif descriptors and asker is self._front:
                self._admit(data, descriptors.pop())
        finally:
            for each in descriptors:
                os.close(each)

    def _pass_on(self, asker: _Asker, descriptor: int) -> None:
        """Hand a connection to the keeper; where it cannot take it now, who wishes it sees it closed."""
        said = {"line": asker.number, "part": asker.rights.part, "user": asker.rights.user}
        with suppress(OSError):
            socket.send_fds(self._control, [json.dumps(said).encode()], [descriptor])

    def _admit(self, data: bytes, descriptor: int) -> None:
        line = socket.socket(fileno=descriptor)
        try:
            said = json.loads(data)
            rights = Rights(Part(said["part"]), str(said["user"]))
        except (ValueError, KeyError, TypeError):
            line.close()
            return
        if rights.part in ONCE & self._granted:
            line.close()
            return
        self._granted.add(rights.part)
        self._numbers += 1
        asker = _Asker(self._numbers, line, rights)
        self._askers[asker.number] = asker
        self._selector.register(line, selectors.EVENT_READ, asker)

    def _drop(self, asker: _Asker) -> None:
        self._selector.unregister(asker.line)
        asker.line.close()
        del self._askers[asker.number]
        if asker is self._front:
            self._ends = time.monotonic() + LINGER_SECONDS

    def _await_end(self) -> None:
        if not select.select([self._pidfd], [], [], FINISH_SECONDS + 1)[0]:
            os.kill(self._worker, signal.SIGKILL)
        os.waitpid(self._worker, 0)
