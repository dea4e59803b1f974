"""The warm parent: a process with everything imported, which forks one child for each session.

Invariants: it has one thread when it forks, opens no database and holds no key; a child keeps the descriptors it was
given and no other; when the front door is gone, no child outlives it by more than its grace (`sftp.grace`). A session
that cannot be started is told as lost, and no other suffers from it. Where a spare is ready for a session it takes
it over (`sftp.spares`); a fork is as good, and later. It waits for nobody but in its selector, and what it
watches is unregistered before it is closed: a child just forked holds a copy for a moment, so that closing alone
would leave it watched under a number that is soon another's.
"""

import os
import resource
import selectors
import signal
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from sftp import grace
from sftp.dense import settle
from sftp.grace import Mark, carry
from sftp.letters import close_all, receive, send, write_letter
from sftp.session import Handler, Session
from sftp.spares import Kind, Spare, Spares, letter_of, pidfd_of
from sftp.start import become_session

MOST_UNTAKEN = 16
"""Sessions whose descriptors are kept here until a spare has taken them: there are only so many."""


@dataclass
class _Child:
    number: int
    pid: int
    pidfd: int
    mark: Mark
    asked: float = field(default=float("inf"))
    """When it was asked to go."""
    deadline: float = field(default=float("inf"))
    spare: Spare | None = None
    """What it was, until it has taken its session."""


def serve_forever(control_fd: int, handlers: Mapping[str, Handler], spares: Kind | None = None) -> None:
    """Fork a child for each letter on `control_fd` until the other side closes it; then end all children."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for ignored in (signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    control = socket.socket(fileno=control_fd)
    control.setblocking(True)
    os.set_inheritable(control_fd, False)
    settle()
    parent = _Parent(control, handlers, Spares(spares))
    parent.tell({"ready": os.getpid(), "fields": sorted(each.name for each in fields(Session))})
    parent.run()


class _Parent:
    def __init__(self, control: socket.socket, handlers: Mapping[str, Handler], spares: Spares) -> None:
        self._control = control
        self._handlers = handlers
        self._spares = spares
        self._children: dict[int, _Child] = {}
        self._selector = selectors.DefaultSelector()
        self._watch(control, self._read_letter)
        self._front_lives = True

    def tell(self, letter: Mapping[str, Any]) -> None:
        try:
            send(self._control, write_letter(letter))
        except OSError:
            self._front_is_gone()

    def run(self) -> None:
        while self._front_lives or self._children:
            deadlines = (each for child in self._children.values() for each in _deadlines(child))
            soonest = min(self._spares.due, *deadlines, float("inf"))
            wait = None if soonest == float("inf") else max(0.0, soonest - time.monotonic())
            for key, _ in self._selector.select(wait):
                if self._selector.get_map().get(key.fd) is key:
                    key.data()
            self._kill_the_late()
            if self._spares.due <= time.monotonic():
                self._make_spare()

    def _watch(self, watched: int | socket.socket, then: Callable[[], None]) -> None:
        self._selector.register(watched, selectors.EVENT_READ, then)

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
            elif letter.get("ask") == "stir":
                self._spares.stir()
            elif letter.get("ask") == "retire":
                self._spares.dismiss()
            elif letter.get("ask") == "refresh" and letter["id"] in self._children:
                signal.pidfd_send_signal(self._children[letter["id"]].pidfd, signal.SIGURG)
        except (OSError, ValueError, KeyError, TypeError):
            self.tell({"id": letter.get("id"), "exit": None})
        finally:
            close_all(descriptors)

    def _open(self, letter: Mapping[str, Any], descriptors: list[int]) -> None:
        number, session = int(letter["id"]), Session(**letter["session"])
        if not descriptors:
            raise ValueError("no descriptors")
        self._spares.put_off()
        spare = self._spares.take(session)
        untaken = sum(child.spare is not None and child.spare.held is not None for child in self._children.values())
        if spare is None and untaken < MOST_UNTAKEN and self._spares.serve(session):
            spare = self._make_spare(waits=False)
        if spare is None:
            self._fork(number, session, descriptors)
            return
        try:
            spare.hand_over(session, letter_of(session), descriptors)
        except OSError:
            signal.pidfd_send_signal(spare.pidfd, signal.SIGKILL)
            if spare.held is None:
                raise
        finally:
            self._children[number] = child = _Child(number, spare.pid, spare.pidfd, spare.mark, spare=spare)
            self._selector.modify(spare.pidfd, selectors.EVENT_READ, lambda: self._reap(child))

    def _fork(self, number: int, session: Session, descriptors: Sequence[int]) -> None:
        handler = self._handlers[session.kind]
        assert len(os.listdir("/proc/self/task")) == 1  # noqa: PTH208 - threads, not files
        mark = Mark()
        pid = os.fork()
        if pid == 0:
            carry(mark)
            become_session(session, descriptors, handler)
        self._children[number] = child = _Child(number, pid, pidfd_of(pid), mark)
        self._watch(child.pidfd, lambda: self._reap(child))

    def _make_spare(self, *, waits: bool = True) -> Spare | None:
        try:
            spare = self._spares.make(waits=waits)
        except OSError:
            return None
        if spare is not None:
            self._watch(spare.pidfd, lambda: self._bury(spare))
            self._watch(spare.channel, lambda: self._hear(spare))
        return spare

    def _hear(self, spare: Spare) -> None:
        if not spare.listen():
            self._mute(spare)

    def _bury(self, spare: Spare) -> None:
        """A spare died that nobody had asked anything of."""
        if os.waitpid(spare.pid, os.WNOHANG) == (0, 0):
            return
        self._forget(spare.pidfd)
        self._mute(spare)
        spare.mark.close()
        self._spares.died(spare)

    def _reap(self, child: _Child) -> None:
        pid, status = os.waitpid(child.pid, os.WNOHANG)
        if pid == 0:
            return
        self._forget(child.pidfd)
        child.mark.close()
        del self._children[child.number]
        if child.spare is not None and self._forked_instead(child.number, child.spare, child.asked):
            return
        self.tell({"id": child.number, "exit": os.waitstatus_to_exitcode(status)})

    def _forked_instead(self, number: int, spare: Spare, asked: float) -> bool:
        """Fork for the session that a spare died with untaken; say whether there was one that is still wanted."""
        if spare.channel.fileno() >= 0:
            self._hear(spare)
        self._mute(spare)
        held, spare.held = spare.held, None
        if held is None:
            return False
        try:
            if asked != float("inf"):
                return False
            self._fork(number, held.session, held.descriptors)
        except OSError:
            return False
        finally:
            close_all(held.descriptors)
        return True

    def _forget(self, pidfd: int) -> None:
        self._selector.unregister(pidfd)
        os.close(pidfd)

    def _mute(self, spare: Spare) -> None:
        if spare.channel.fileno() >= 0:
            self._selector.unregister(spare.channel)
            spare.channel.close()

    def _end(self, child: _Child | None) -> None:
        if child and child.deadline == float("inf"):
            signal.pidfd_send_signal(child.pidfd, signal.SIGHUP)
            child.asked = time.monotonic()
            child.deadline = child.asked + grace.IDLE_SECONDS

    def _kill_the_late(self) -> None:
        now = time.monotonic()
        for child in self._children.values():
            if child.spare is not None and child.spare.held is not None and child.spare.held.until <= now:
                child.spare.held.until = float("inf")
                signal.pidfd_send_signal(child.pidfd, signal.SIGKILL)
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
            self._spares.dismiss()
            for child in self._children.values():
                self._end(child)


def _deadlines(child: _Child) -> tuple[float, ...]:
    held = child.spare.held if child.spare is not None else None
    return (child.deadline,) if held is None else (child.deadline, held.until)
