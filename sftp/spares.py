"""Spare children of the warm parent: each has prepared all that does not depend on whom it will serve.

Invariants: a spare changes nothing of the appliance before its session comes, holds no descriptor of another and uses
no time while it waits. None is made while somebody signs in. One that dies, or does not answer, before it said that
it has taken its session costs nobody anything: the parent still holds the session, and forks for it.
"""

import os
import signal
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sftp.grace import Mark, carry
from sftp.letters import close_all, copies_of, receive, send, write_letter
from sftp.session import Session
from sftp.start import Waiting, become_spare

QUIET_SECONDS = 0.15
"""After a sign-in before another spare is made: it would take from what that operator's screen needs."""
LONGEST_QUIET = 60.0
"""The same, where spares die before they are ready."""
TAKE_SECONDS = 1.0
"""How long a spare that was ready may leave its session unanswered."""
PREPARE_SECONDS = 10.0
"""The same, for one that was made for it: of a crowd each has to wait for its turn."""
STIRRED_SECONDS = 0.5
"""How long a spare that was stirred is not stirred again."""
FEWEST, MOST = 2, 4
_EACH = 1 << 28
"""Bytes of free memory for which one spare more is kept."""


@dataclass(frozen=True)
class Kind:
    """What spares are for."""

    serves: Callable[[Session], bool]
    waiting: Waiting


@dataclass
class Held:
    """A session that was handed to a spare and is not taken yet."""

    session: Session
    descriptors: list[int]
    until: float


@dataclass
class Spare:
    """One spare child."""

    pid: int
    pidfd: int
    mark: Mark
    channel: socket.socket
    is_ready: bool = False
    stirred: float = -STIRRED_SECONDS
    """When it was last."""
    held: Held | None = field(default=None)

    def hand_over(self, session: Session, letter: bytes, descriptors: Sequence[int]) -> None:
        """Give it its session; the caller keeps its descriptors. Raises OSError."""
        patience = TAKE_SECONDS if self.is_ready else PREPARE_SECONDS
        self.held = Held(session, copies_of(descriptors), time.monotonic() + patience)
        send(self.channel, letter, self.held.descriptors)

    def listen(self) -> bool:
        """Read what it says; False once it says no more."""
        try:
            arrived = receive(self.channel)
        except BlockingIOError:
            return True
        except (OSError, ValueError):
            arrived = None
        if arrived is None:
            return False
        self.is_ready = self.is_ready or "ready" in arrived[0]
        if "taken" in arrived[0]:
            if self.held is not None:
                close_all(self.held.descriptors)
                self.held = None
            return False
        return True


class Spares:
    """Those that wait."""

    def __init__(self, kind: Kind | None, most: int | None = None) -> None:
        self._kind = kind
        self._most = (fitting() if most is None else most) if kind else 0
        self._waiting: list[Spare] = []
        self._quiet = QUIET_SECONDS
        self._next = time.monotonic()

    @property
    def due(self) -> float:
        """When another is to be made; never, where there are enough."""
        return self._next if len(self._waiting) < self._most else float("inf")

    def put_off(self) -> None:
        """Make none for a while: somebody signs in."""
        self._next = max(self._next, time.monotonic() + self._quiet)

    def make(self, *, waits: bool = True) -> Spare | None:
        """Fork another, to wait or for a session that there is; None in a moment in which the system cannot."""
        self.put_off()
        assert self._kind is not None
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        mark = Mark()
        try:
            pid = os.fork()
        except OSError:
            mark.close()
            ours.close()
            theirs.close()
            return None
        if pid == 0:
            carry(mark)
            become_spare(theirs, self._kind.waiting)
        theirs.close()
        ours.setblocking(False)
        spare = Spare(pid, pidfd_of(pid), mark, ours)
        if waits:
            self._waiting.append(spare)
        return spare

    def serve(self, session: Session) -> bool:
        """Say whether `session` is one that they are for."""
        return self._kind is not None and self._kind.serves(session)

    def take(self, session: Session) -> Spare | None:
        """Return one that is ready and can serve `session`; it is no spare any longer."""
        if not self.serve(session):
            return None
        spare = next((each for each in self._waiting if each.is_ready), None)
        if spare is not None:
            self._waiting.remove(spare)
            self._quiet = QUIET_SECONDS
        return spare

    def stir(self) -> None:
        """Have the next one go once more through what it will do: who signs in proves himself meanwhile.

        Nothing else is changed by it: whoever knows a public key can offer it, again and again.
        """
        now = time.monotonic()
        for spare in self._waiting:
            if spare.is_ready and now >= spare.stirred + STIRRED_SECONDS:
                spare.stirred = now
                with suppress(OSError):  # it is dying, or has enough to do
                    send(spare.channel, write_letter({"stir": True}))
                return

    def died(self, spare: Spare) -> None:
        """Forget one that died waiting; where it was never ready, the next is made later each time."""
        if spare in self._waiting:
            self._waiting.remove(spare)
            if not spare.is_ready:
                self._quiet = min(2 * self._quiet, LONGEST_QUIET)
            self.put_off()

    def dismiss(self) -> None:
        """Let all go, and make no more."""
        self._most = 0
        for spare in self._waiting:
            signal.pidfd_send_signal(spare.pidfd, signal.SIGKILL)


def fitting(memory: Path = Path("/proc/meminfo")) -> int:
    """Return how many spares this machine's free memory allows."""
    try:
        words = memory.read_text().partition("MemAvailable:")[2].split()
        free = int(words[0]) * 1024
    except (OSError, IndexError, ValueError):
        return FEWEST
    return min(max(FEWEST, free // _EACH), MOST)


def pidfd_of(child: int) -> int:
    """Return a descriptor of a child of ours, which ends where there is none to be had. Raises OSError."""
    try:
        return os.pidfd_open(child)
    except OSError:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise


def letter_of(session: Session) -> bytes:
    """Return the letter that tells a spare whom it serves."""
    return write_letter({"session": {**vars(session), "environment": dict(session.environment)}})
