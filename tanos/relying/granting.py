"""Root's hand is handed a line to the keeper, and each hand that comes after it the same one.

Invariants: the line was made before the front read a byte of the outside, and is held, beside the front, by a process
that reads nothing; root's program takes it from the appliance's account alone, and none while it has one. It notes in
its own directory who handed it over: as long as that process lives no other is taken, so that no session that was
broken into can hand over another's pairs while root's program starts again.
"""

import contextlib
import os
import select
import socket
import time
from collections.abc import Callable
from pathlib import Path

from tanos.files import write_whole
from tanos.other_end import other_end

GRANT, HAND = "grant.sock", "hand.sock"
KNOWN = "granted-by"
"""Who handed the line over: his process, and when it began."""
CONNECT_SECONDS = 5.0
_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
_WORD = b"k"
_ROOT = 0
_BEGAN = 19
"""Of what /proc tells of a process after its name: when it began."""


def keep_granted(directory: Path, line: int, front: socket.socket, fault: Callable[[Exception], object]) -> None:
    """Hand `line` to each of root's hands that comes, until `front` is readable; where none comes, tell once."""
    since, pause, is_told = time.monotonic(), 0.0, False
    while not select.select([front], [], [], pause)[0]:
        try:
            with _reached(directory / GRANT) as channel:
                socket.send_fds(channel, [_WORD], [line])
                if front in select.select([front, channel], [], [])[0]:
                    return
            since, pause, is_told = time.monotonic(), 0.0, False
        except OSError as error:
            if not is_told and time.monotonic() - since > CONNECT_SECONDS:
                fault(error)
                is_told = True
        pause = min(max(2 * pause, _PAUSE), _LONGEST_PAUSE)


def missing(directory: Path) -> OSError | None:
    """Wait for root's hand; return why there is none."""
    until = time.monotonic() + CONNECT_SECONDS
    while True:
        try:
            with _reached(directory / HAND):
                return None
        except OSError as error:
            if time.monotonic() > until or isinstance(error, PermissionError):
                return error
        time.sleep(_PAUSE)


def taken(directory: Path, channel: socket.socket, account: int) -> int | None:
    """Return the line that is handed to root's program; None where another hands it over, or hands none."""
    process, owner = other_end(channel)
    if owner != account or not _may_grant(directory, process):
        return None
    channel.settimeout(CONNECT_SECONDS)
    try:
        word, lines, _, _ = socket.recv_fds(channel, len(_WORD), 1)
    except OSError:
        return None
    if word != _WORD or not lines:
        return None
    write_whole(directory / KNOWN, f"{process} {_began(process)}".encode())
    return lines[0]


def _reached(path: Path) -> socket.socket:
    """Raises OSError where nobody is there, PermissionError where it is not root."""
    channel = socket.socket(socket.AF_UNIX)
    try:
        channel.settimeout(CONNECT_SECONDS)
        channel.connect(str(path))
        if other_end(channel).account != _ROOT:
            raise PermissionError(1, os.strerror(1), str(path.parent))
    except BaseException:
        channel.close()
        raise
    return channel


def _may_grant(directory: Path, process: int) -> bool:
    with contextlib.suppress(OSError, ValueError):
        known, began = (directory / KNOWN).read_text().split()
        return process == int(known) or _began(int(known)) != began
    return True


def _began(process: int) -> str:
    """Return when a process began; empty where there is none."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[_BEGAN]
    except OSError:
        return ""
