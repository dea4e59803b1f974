"""What a freshly forked child does before its handler runs, and after.

Invariants: the child leads its own session and, where it has one, owns its terminal; it inherits no descriptor, no
signal handling and no environment from the warm parent; it leaves by `os._exit`, so that nothing of the parent is
run down twice. A fault of the program becomes one sentence; the details go to the appliance's own log.
"""

import ctypes
import fcntl
import os
import signal
import sys
import termios
from collections.abc import Sequence
from pathlib import Path
from typing import IO, NoReturn

from sftp.keeping.asking import Line, ask_over
from sftp.session import Handler, Session
from tanos.faults import broken

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def become_session(session: Session, descriptors: Sequence[int], handler: Handler) -> NoReturn:
    """Turn this fork into the process of `session`; never returns."""
    status = 1
    try:
        _take_descriptors(descriptors, session.has_terminal)
        _reset_signals()
        os.environ.clear()
        os.environ.update(session.environment)
        os.environ["PYTHONUTF8"] = "1"
        os.chdir("/")
        if session.keeper:
            ask_over(Line(session.keeper))
        _renew_streams(session.has_terminal)
        status = _run(handler, session)
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        pass
    finally:
        os._exit(status & 0xFF)


def _take_descriptors(descriptors: Sequence[int], has_terminal: bool) -> None:
    os.setsid()
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGHUP, 0, 0, 0)
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


def _run(handler: Handler, session: Session) -> int:
    try:
        return handler(session)
    except KeyboardInterrupt:
        return 130
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BrokenPipeError:
        return 1
    except BaseException as error:
        said = broken(Path(session.home), session.kind, error)
        print(said.message, said.remedy, said.reference, file=sys.stderr)  # noqa: T201 - the session's own stderr
        return 1
