"""A terminal that another SSH server opened is handed to the front door, whose sessions begin warm: the giving end.

Invariants: nothing is imported here that takes time. The other end is a process of the same account, or nothing is
handed over. The terminal is given up only after the front said that it takes it, and only by the process that leads
the terminal's session: a shell's terminal is never taken from the shell. However the session ends, its exit status is
known, and a terminal that it left as no shell can use is restored.
"""

import fcntl
import os
import pwd
import signal
import socket
import termios
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from sftp.letters import receive, send, write_letter
from sftp.terminal import RESTORE
from tanos.other_end import other_end

SOCKET = "console"
"""Its name in the directory `run` of a home."""
ANSWER_SECONDS = 2.0
KILLED = 128
_TERMINALS = "/dev/pts/"
_LET_THROUGH = frozenset({"TERM", "LANG", "NO_COLOR", "TANOS_LANGUAGE"})
_LARGEST_KEY = 64 * 1024


class Handed(NamedTuple):
    """How a session that was handed over ended."""

    status: int | None
    """The exit status; None where nobody told."""
    said: str = ""
    """What is to be said below the restored screen."""
    refused: Mapping[str, Any] | None = None
    """A refusal, as `sftp.keeping.wire` tells it."""
    was_torn: bool = False
    """Whether it was killed, or lost, with the terminal as it had made it."""


def hand_over(home: str, user: str, words: str) -> Handed | None:
    """Have the front door of `home` serve `user` on descriptors 0 to 2; None where this process has to."""
    has_terminal = os.isatty(0) and os.isatty(1)
    if not (_is_ours_to_give() if has_terminal else not os.isatty(0)):
        return None
    try:
        channel = connect(home)
    except OSError:
        return None
    asked = {
        "user": user or own_name(),
        "words": words,
        "address": os.environ.get("SSH_CONNECTION", "").partition(" ")[0],
        "key": key_let_in(),
        "has_terminal": has_terminal,
        "environment": let_through(os.environ),
    }
    with channel:
        try:
            send(channel, write_letter(asked), (0, 1, 2))
            arrived = receive(channel)
        except (OSError, ValueError):
            return None
        if arrived is None:
            return None
        if "take" not in arrived[0]:
            return Handed(None, refused=arrived[0].get("refused"))
        return _served(channel, is_menu=bool(arrived[0].get("is_menu"))) if has_terminal else _followed(channel)


def connect(home: str) -> socket.socket:
    """Return a connection to the front door of `home`, however long its path is. Raises OSError."""
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        channel.settimeout(ANSWER_SECONDS)
        directory = os.open(f"{home}/run", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            channel.connect(f"/proc/self/fd/{directory}/{SOCKET}")
        finally:
            os.close(directory)
        if other_end(channel).account != os.geteuid():
            raise PermissionError("another account")
    except BaseException:
        channel.close()
        raise
    return channel


def own_name() -> str:
    """Return the name that this process's user id has in the system, whatever the environment says."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def let_through(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what of an environment a session may know: terminal, language, colours."""
    return {name: value for name, value in environment.items() if name in _LET_THROUGH or name.startswith("LC_")}


def key_let_in() -> str:
    """Return the key that sshd let in, in base64; empty where it does not say (`ExposeAuthInfo yes`)."""
    try:
        with open(os.environ.get("SSH_USER_AUTH", ""), "rb") as file:  # noqa: PTH123 - pathlib takes its time to load
            told = file.read(_LARGEST_KEY).decode(errors="replace")
        return next(line.split()[2] for line in told.splitlines() if line.startswith("publickey "))
    except (OSError, StopIteration, IndexError):
        return ""


def _is_ours_to_give() -> bool:
    """Say whether the terminal is one of another program's, and this process leads its session."""
    try:
        return (
            os.getsid(0) == os.getpid()
            and os.tcgetpgrp(0) == os.getpgrp()
            and all(os.ttyname(each).startswith(_TERMINALS) for each in (0, 1))
        )
    except OSError:
        return False


def _served(channel: socket.socket, *, is_menu: bool) -> Handed:
    """Let the terminal go, and have it as it was when the session has ended."""
    found = termios.tcgetattr(0)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # letting go of a terminal is a hangup to who had it
    with suppress(OSError):  # gone meanwhile: the session will notice
        fcntl.ioctl(0, termios.TIOCNOTTY)
    ended = _followed(channel)
    if ended.was_torn:
        with suppress(OSError, termios.error):
            termios.tcsetattr(0, termios.TCSANOW, found)
            if is_menu:
                os.write(1, RESTORE)
    return ended


def _followed(channel: socket.socket) -> Handed:
    """Say that the descriptors are the session's now; return how it ended. Who ends this process ends the session."""

    def leave(_number: int, _frame: object) -> None:
        with suppress(OSError):
            send(channel, write_letter({"leave": True}))

    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)
    try:
        channel.settimeout(None)
        send(channel, write_letter({"yours": True}))
        arrived = receive(channel)
    except (OSError, ValueError):
        arrived = None
    if arrived is None:
        return Handed(None, was_torn=True)
    letter, _ = arrived
    if "refused" in letter:
        return Handed(None, refused=letter["refused"])
    status, said = letter.get("exit"), str(letter.get("say", ""))
    if status is None or status >= 0:
        return Handed(status, said, was_torn=status is None)
    return Handed(KILLED - status, said, was_torn=True)
