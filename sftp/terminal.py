"""Pseudo-terminals for sessions: made as the client describes its own, resized as it says, within bounds."""

import contextlib
import fcntl
import os
import struct
import termios
from collections.abc import Mapping

DEFAULT_SIZE = (80, 24, 0, 0)
MOST_COLUMNS, MOST_LINES = 1000, 500
LEAST_COLUMNS, LEAST_LINES = 20, 5
"""What a session believes: each cell costs it memory, and a screen that has no room costs it its head."""
_CONTROL_CHARACTERS = {
    1: termios.VINTR,
    2: termios.VQUIT,
    3: termios.VERASE,
    4: termios.VKILL,
    5: termios.VEOF,
    6: termios.VEOL,
    7: termios.VEOL2,
    8: termios.VSTART,
    9: termios.VSTOP,
    10: termios.VSUSP,
    12: termios.VREPRINT,
    13: termios.VWERASE,
    14: termios.VLNEXT,
    18: termios.VDISCARD,
}
"""RFC 4254 section 8, opcode to index."""
_IUTF8 = 0o040000
RESTORE = (
    b"\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1016l\x1b[?1004l\x1b[?2004l\x1b[?2048l"
    b"\x1b[<u\x1b[?7h\x1b[?1049l\x1b[?25h\x1b[0m\r\n"
)
"""What a killed program left switched on, switched off."""


def open_terminal(size: tuple[int, int, int, int], modes: Mapping[int, int]) -> tuple[int, int]:
    """Return master and slave of a new terminal of `size` (columns, lines, pixels)."""
    master, slave = os.openpty()
    attributes = termios.tcgetattr(slave)
    attributes[0] |= _IUTF8
    for opcode, index in _CONTROL_CHARACTERS.items():
        value = modes.get(opcode)
        if value is not None and value <= 255:
            attributes[6][index] = bytes([0 if value == 255 else value])
    termios.tcsetattr(slave, termios.TCSANOW, attributes)
    resize(master, size)
    return master, slave


def resize(master: int, size: tuple[int, int, int, int]) -> None:
    """Set the size, within bounds; the kernel tells the session."""
    columns, lines, width, height = within_bounds(size)
    with contextlib.suppress(OSError):
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, width & 0xFFFF, height & 0xFFFF))


def within_bounds(size: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Return the size that a session gets; a client that does not know its own (0) has a terminal of 80 by 24.

    Where a side was changed, the pixels no longer belong to it and are left out.
    """
    columns, lines, _, _ = size
    if columns <= 0 or lines <= 0:
        return DEFAULT_SIZE
    bounded = (
        min(max(columns, LEAST_COLUMNS), MOST_COLUMNS),
        min(max(lines, LEAST_LINES), MOST_LINES),
    )
    return size if bounded == (columns, lines) else (*bounded, 0, 0)


def is_line_wise(master: int) -> bool:
    """Say whether the terminal still collects lines (no screen took it over yet)."""
    try:
        return bool(termios.tcgetattr(master)[3] & termios.ICANON)
    except termios.error:
        return False


def end_of_input(master: int) -> None:
    """Type the end-of-file character where lines are collected; a screen has no use for one."""
    if is_line_wise(master):
        with contextlib.suppress(OSError):
            os.write(master, termios.tcgetattr(master)[6][termios.VEOF])
