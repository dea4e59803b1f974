"""The warm parent: a process with everything imported, which forks one child for each session.

Invariants: it has one thread when it forks, opens no database and holds no key; a child keeps the descriptors it was
given and no other; when the front door is gone, no child outlives it by more than its grace (`sftp.grace`). A session
that cannot be started is told as lost, and no other suffers from it.
"""

import gc
import os
import resource
import selectors
import signal
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from sftp import grace
from sftp.grace import Mark, carry
from sftp.letters import close_all, receive, send, write_letter
from sftp.session import Handler, Session
from sftp.start import become_session


@dataclass
class _Child:
    number: int
    pid: int
    pidfd: int
    mark: Mark
    asked: float = field(default=float("inf"))
    """When it was asked to go."""
    deadline: float = field(default=float("inf"))


def serve_forever(control_fd: int, handlers: Mapping[str, Handler]) -> None:
    """Fork a child for each letter on `control_fd` until the other side closes it; then end all children."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for ignored in (signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    control = socket.socket(fileno=control_fd)
    control.setblocking(True)
    os.set_inheritable(control_fd, False)
    gc.collect()
    gc.freeze()
    parent = _Parent(control, handlers)
    parent.tell({"ready": os.getpid(), "fields": sorted(each.name for each in fields(Session))})
    parent.run()


class _Parent:
    def __init__(self, control: socket.socket, handlers: Mapping[str, Handler]) -> None:
        self._control = control
        self._handlers = handlers
        self._children: dict[int, _Child] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ)
        self._front_lives = True

    def tell(self, letter: Mapping[str, Any]) -> None:
        try:
            send(self._control, write_letter(letter))
        except OSError:
            self._front_is_gone()

    def run(self) -> None:
        while self._front_lives or self._children:
            soonest = min((child.deadline for child in self._children.values()), default=float("inf"))
            wait = None if soonest == float("inf") else max(0.0, soonest - time.monotonic())
            for key, _ in self._selector.select(wait):
                if key.fileobj is self._control:
                    self._read_letter()
                else:
                    self._reap(key.data)
            self._kill_the_late()

    def _read_letter(self) -> None:
        try:
            arrived = receive(self._control)
        except ValueError:
            return
        if arrived is None:
            self._front_is_gone()
            return
        letter, descriptors = arrived
        try:
            if letter.get("ask") == "open":
                self._open(letter, descriptors)
            elif letter.get("ask") == "kill":
                self._end(self._children.get(letter["id"]))
            elif letter.get("ask") == "refresh" and letter["id"] in self._children:
                signal.pidfd_send_signal(self._children[letter["id"]].pidfd, signal.SIGURG)
        except (OSError, ValueError, KeyError, TypeError):
            self.tell({"id": letter.get("id"), "exit": None})
        finally:
            close_all(descriptors)

    def _open(self, letter: Mapping[str, Any], descriptors: list[int]) -> None:
        number, session = int(letter["id"]), Session(**letter["session"])
        handler = self._handlers[session.kind]
        if not descriptors:
            raise ValueError("no descriptors")
        assert len(os.listdir("/proc/self/task")) == 1  # noqa: PTH208 - threads, not files
        mark = Mark()
        pid = os.fork()
        if pid == 0:
            carry(mark)
            become_session(session, descriptors, handler)
        child = _Child(number, pid, _pidfd_of(pid), mark)
        self._children[number] = child
        self._selector.register(child.pidfd, selectors.EVENT_READ, child)
        self.tell({"id": number, "pid": pid})

    def _reap(self, child: _Child) -> None:
        _, status = os.waitpid(child.pid, 0)
        self._selector.unregister(child.pidfd)
        os.close(child.pidfd)
        child.mark.close()
        del self._children[child.number]
        self.tell({"id": child.number, "exit": os.waitstatus_to_exitcode(status)})

    def _end(self, child: _Child | None) -> None:
        if child and child.deadline == float("inf"):
            signal.pidfd_send_signal(child.pidfd, signal.SIGHUP)
            child.asked = time.monotonic()
            child.deadline = child.asked + grace.IDLE_SECONDS

    def _kill_the_late(self) -> None:
        now = time.monotonic()
        for child in self._children.values():
            if child.deadline > now:
                continue
            if child.mark.is_set and now < child.asked + grace.WORK_SECONDS:
                child.deadline = child.asked + grace.WORK_SECONDS
                continue
            signal.pidfd_send_signal(child.pidfd, signal.SIGKILL)
            child.deadline = now + grace.IDLE_SECONDS

    def _front_is_gone(self) -> None:
        if self._front_lives:
            self._front_lives = False
            self._selector.unregister(self._control)
            for child in self._children.values():
                self._end(child)


def _pidfd_of(child: int) -> int:
    try:
        return os.pidfd_open(child)
    except OSError:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise
