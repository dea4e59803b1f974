"""What a freshly forked child does before its handler runs, and after.

Invariants: the child leads its own session and, where it has one, owns its terminal; it inherits no descriptor, no
signal handling and no environment from the warm parent; it leaves by `os._exit`, so that nothing of the parent is
run down twice. A fault of the program becomes one sentence; the details go to the appliance's own log. A spare is
such a child that does not know yet whom it will serve: it ends with the parent, or with the socket between them.
"""

import ctypes
import fcntl
import gc
import os
import signal
import socket
import sys
import termios
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, NoReturn

from sftp.keeping.asking import Line, ask_over
from sftp.letters import close_all, receive, send, write_letter
from sftp.session import Handler, Session
from tanos.faults import broken

SPARE_NAME = b"tanos-spare"
"""What `ps` calls a spare; a session keeps the name of its program."""
_SESSION_NAME = b"tanos-session"
_OF_TERMINAL = 3
_LESS_URGENT = 5
"""How much nicer carrying files is than answering keys."""
_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15
_LIBC = ctypes.CDLL(None, use_errno=True)


class HandOver:
    """A spare's end of the socket by which its session comes."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self.session: Session | None = None
        """Whom this process serves, once that is known."""

    @property
    def descriptor(self) -> int:
        """Readable once the session has come, is about to, or never will."""
        return self._channel.fileno()

    def ready(self) -> None:
        """Say that nothing is left to do before the session comes."""
        gc.collect()
        gc.freeze()  # so that collecting looks at what the session makes, and leaves pages shared that are
        send(self._channel, write_letter({"ready": True}))

    def take(self) -> Session | None:
        """Become the process of the session that came; None where one is only about to come.

        Where none will come, this process ends here.
        """
        arrived = receive(self._channel)
        if arrived is None:
            os._exit(0)
        letter, descriptors = arrived
        if "stir" in letter:
            return None
        session = Session(**letter["session"])
        if len(descriptors) < _OF_TERMINAL:
            os._exit(1)
        send(self._channel, write_letter({"taken": True}))
        self._channel.close()
        for wanted, given in enumerate(descriptors[:_OF_TERMINAL]):
            os.dup2(given, wanted)
        close_all(descriptors[:_OF_TERMINAL])
        if session.keeper:
            ask_over(Line(descriptors[session.keeper]))  # under its own number: this process has others open
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        _LIBC.prctl(_PR_SET_NAME, _SESSION_NAME, 0, 0, 0)
        _set_environment(session.environment)
        self.session = session
        return session


Waiting = Callable[[HandOver], int]
"""Prepares for a session, takes it when it comes and serves it to its end; returns the exit status."""


def become_session(session: Session, descriptors: Sequence[int], handler: Handler) -> NoReturn:
    """Turn this fork into the process of `session`; never returns."""
    status = 1
    try:
        _lead()
        _take_descriptors(descriptors, session.has_terminal)
        _reset_signals()
        _set_environment(session.environment)
        os.chdir("/")
        if session.keeper:
            ask_over(Line(session.keeper))
        if session.kind == "files":
            _let_others_go_first()
        _renew_streams(session.has_terminal)
        status = _run(lambda: handler(session), lambda: session)
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        pass
    finally:
        os._exit(status & 0xFF)


def become_spare(channel: socket.socket, waiting: Waiting) -> NoReturn:
    """Turn this fork into a process that waits for a session with a terminal; never returns."""
    status = 1
    try:
        _lead()
        _LIBC.prctl(_PR_SET_NAME, SPARE_NAME, 0, 0, 0)
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        os.closerange(3, channel.fileno())
        os.closerange(channel.fileno() + 1, 1 << 20)
        _reset_signals()
        _set_environment({})
        os.chdir("/")
        _renew_streams(has_terminal=True)
        hand_over = HandOver(channel)
        status = _run(lambda: waiting(hand_over), lambda: hand_over.session)
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        pass
    except Exception:
        traceback.print_exc()  # nobody is served yet: it goes to the service's log
    finally:
        os._exit(status & 0xFF)


def _lead() -> None:
    os.setsid()
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGHUP, 0, 0, 0)


def _let_others_go_first() -> None:
    """Interrupt nobody who answers an operator; where there is time for all, this costs none.

    A system that shares its time by sessions, of which this process leads one, goes by what that is told.
    """
    with suppress(OSError):
        os.nice(_LESS_URGENT)
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        Path("/proc/self/autogroup").write_text(str(_LESS_URGENT))


def _set_environment(environment: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.environ["PYTHONUTF8"] = "1"


def _take_descriptors(descriptors: Sequence[int], has_terminal: bool) -> None:
    for wanted, given in enumerate(descriptors):
        os.dup2(given, wanted)
    os.closerange(len(descriptors), 1 << 20)
    if has_terminal:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _reset_signals() -> None:
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _renew_streams(has_terminal: bool) -> None:
    """Give Python the new descriptors: its own streams were made for the parent's."""
    streams = {
        "stdin": _stream(0, "r", 1),
        "stdout": _stream(1, "w", 1 if has_terminal else -1),
        "stderr": _stream(2, "w", 1),
    }
    for name, stream in streams.items():
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _stream(descriptor: int, mode: str, buffering: int) -> IO[str]:
    return open(descriptor, mode, buffering, encoding="utf-8", errors="surrogateescape", closefd=False)


def _run(handler: Callable[[], int], session: Callable[[], Session | None]) -> int:
    try:
        return handler()
    except KeyboardInterrupt:
        return 130
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BrokenPipeError:
        return 1
    except BaseException as error:
        served = session()
        if served is None:
            raise
        said = broken(Path(served.home), served.kind, error)
        print(said.message, said.remedy, said.reference, file=sys.stderr)  # noqa: T201 - the session's own stderr
        return 1
