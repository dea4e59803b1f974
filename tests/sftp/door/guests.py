"""A warm parent for tests of the door: handlers that show what a session was given."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from sftp import grace
from sftp.files.child import main as serve_files
from sftp.grace import confirmed_work, end_at_hangup
from sftp.session import Session
from sftp.warm import serve_forever


def menu(session: Session) -> int:
    """Tell what there is, then echo lines until the end; `exit N` leaves with N."""
    size = os.get_terminal_size(1) if session.has_terminal else None
    print(
        "READY", session.user, os.isatty(0), os.environ.get("TERM"), size and (size.columns, size.lines), flush=True
    )
    for line in sys.stdin:
        words = line.split()
        if words[:1] == ["exit"]:
            return int(words[1])
        if words == ["size"]:
            size = os.get_terminal_size(1)
            print("SIZE", size.columns, size.lines, flush=True)
        else:
            print("ECHO", line.strip(), flush=True)
    return 0


def verb(session: Session) -> int:
    """Do what the words say."""
    word, *others = session.words.split()
    if word in VERBS:
        return VERBS[word](session, *others)
    print("not understood", file=sys.stderr)
    return 2


def _show(session: Session) -> int:
    print(json.dumps({**asdict(session), "environ": dict(os.environ), "fds": _descriptors()}))
    return 0


def _cat(_: Session) -> int:
    while data := os.read(0, 65536):
        view = memoryview(data)
        while view:
            view = view[os.write(1, view) :]
    return 0


def _flood(_: Session, count: str) -> int:
    os.write(1, b"x" * int(count))
    os.write(2, b"e" * 1000)
    return 7


def _exit(_: Session, status: str) -> int:
    return int(status)


def _fault(_: Session) -> int:
    raise ValueError("secret detail")


def _stubborn(_: Session) -> int:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    return _sleep(_)


def _sleep(_: Session) -> int:
    print("SLEEPING", os.getpid(), flush=True)
    time.sleep(600)
    return 0


def _errand(session: Session, seconds: str) -> int:
    """Do something that was confirmed, slowly, and leave a mark when it is done; never end by oneself."""
    end_at_hangup()
    with confirmed_work():
        print("SLEEPING", os.getpid(), flush=True)
        deadline = time.monotonic() + float(seconds)
        while time.monotonic() < deadline:
            time.sleep(0.05)
        Path(session.home, "run", f"errand-{os.getpid()}").touch()
    return _sleep(session)


VERBS: dict[str, Callable[..., int]] = {
    "show": _show,
    "cat": _cat,
    "flood": _flood,
    "exit": _exit,
    "fault": _fault,
    "stubborn": _stubborn,
    "sleep": _sleep,
    "errand": _errand,
}


def _descriptors() -> list[int]:
    found = []
    for descriptor in range(200):
        try:
            os.fstat(descriptor)
        except OSError:
            continue
        found.append(descriptor)
    return found


def _fail_to_fork(times: int) -> None:
    """Have the next forks fail, as on a machine that is full."""
    real = os.fork
    left = iter(range(times))

    def fork() -> int:
        if next(left, None) is not None:
            raise BlockingIOError(11, os.strerror(11))
        return real()

    os.fork = fork


if __name__ == "__main__":
    grace.WORK_SECONDS = float(os.environ.get("WORK_SECONDS", grace.WORK_SECONDS))
    _fail_to_fork(int(os.environ.get("FAILING_FORKS", "0")))
    serve_forever(int(sys.argv[2]), {"menu": menu, "verb": verb, "files": serve_files})
