"""The terminal of one session: bytes in, bytes out, and always given back as it was found.

Invariants: no thread and no polling, so that an idle session uses no time; the terminal is asked no question whose
answer could land in a field (no size, keyboard, focus or colour reports, no mouse); the end of the terminal ends
the session. What cannot be written at once waits, and never blocks the program. Until the operator is there, no
terminal is touched and nothing is painted.
"""

import asyncio
import contextlib
import os
import re
import select
import signal
import termios
import time
import tty
from typing import Any

from textual.driver import Driver
from textual.events import Resize
from textual.geometry import Size

from menus.screens.guts import QuietApp

READ = 65_536
DEFAULT_SIZE = (80, 24)
"""Columns and rows."""
BACKLOG = 65_536
"""Bytes that may wait for a slow terminal; beyond it paintings are dropped and the page is painted anew."""
ENTER = "\x1b[?1049h\x1b[2J\x1b[H\x1b[?2004h\x1b[?7l"
CANCEL = "\x18"
"""Ends a control sequence that was cut."""
LEAVE = "\x1b[?2004l\x1b[?7h\x1b[0m\x1b[?1049l\x1b[?25h"
ERASE_TAIL = "\x1b[K"
"""Rows end where their text ends, so that a selection copies no blanks; it is also less to send."""
_BLANK_TAIL = re.compile(r" {4,}(?=\n|\x1b\[\d+;\d+H|\Z)")
POINTER_SHAPE = "\x1b]22;"
"""The library sets one at every start; old consoles print it, and there is no mouse here."""
ASIDE, BACK = "\x1b[?7h\x1b[0m\x1b[?1049l\x1b[?25h", "\x1b[?1049h\x1b[2J\x1b[?7l"


def terminal_size(descriptor: int) -> tuple[int, int]:
    """Return columns and rows; 80 by 24 where the terminal does not know."""
    try:
        size = os.get_terminal_size(descriptor)
    except OSError:
        return DEFAULT_SIZE
    return (size.columns or DEFAULT_SIZE[0], size.lines or DEFAULT_SIZE[1])


class LeanDriver(Driver):
    """Descriptors 0 and 1 of this process."""

    def __init__(
        self, app: QuietApp, *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=False, size=size)
        self.app = app
        app.terminal = self
        self.loop = asyncio.get_running_loop()
        self.found: list[Any] | None = None
        self.out = -1
        self.waiting = bytearray()
        self.dropped = False
        self.aside = False
        self.attached = False
        self.painted = ""
        """What was painted last; painting it once more would change nothing."""

    def start_application_mode(self) -> None:
        """Begin without a terminal; see `attach`."""

    def attach(self) -> None:
        """Take the terminal; it is entered with the first page, in one write. Then `listen`."""
        self.attached = True
        with contextlib.suppress(termios.error):
            self.found = termios.tcgetattr(0)
            tty.setraw(0, termios.TCSANOW)
        self.out = _own_description(1)
        self.waiting += ENTER.encode()

    def listen(self) -> None:
        """Take keys, and follow the size; what was typed or changed before is noticed now."""
        self.loop.add_reader(0, self._read)
        self.loop.add_signal_handler(signal.SIGWINCH, self._resized)
        for number in (signal.SIGHUP, signal.SIGTERM):
            self.loop.add_signal_handler(number, self._hang_up)
        signal.signal(signal.SIGTSTP, signal.SIG_IGN)
        self._measure()

    def write(self, data: str) -> None:
        """Paint: the cursor hides meanwhile. A terminal that stands aside is painted when it comes back."""
        if not self.attached or data == self.painted or data.startswith(POINTER_SHAPE):
            return
        if self.aside or len(self.waiting) > BACKLOG:
            self.dropped = True
            return
        self.painted = data
        self._send(f"\x1b[?25l{_BLANK_TAIL.sub(ERASE_TAIL, data)}\x1b[?25h")

    def stand_aside(self, text: str) -> None:
        """Leave the painted page for the plain screen below it and print `text` there, for the scrollback."""
        self._send(ASIDE + text.replace("\n", "\r\n"))
        self.aside, self.painted = True, ""

    def come_back(self) -> None:
        """Return from there; the caller paints anew."""
        self.aside = False
        self._send(BACK)

    def disable_input(self) -> None:
        """Take no more keys."""
        if self.attached:
            self.loop.remove_reader(0)

    def stop_application_mode(self) -> None:
        """Give the terminal back."""
        if not self.attached:
            return
        self.disable_input()
        for number in (signal.SIGWINCH, signal.SIGHUP, signal.SIGTERM):
            self.loop.remove_signal_handler(number)
        if self.waiting:
            self.waiting.clear()
            self._send(CANCEL)
        self._send(LEAVE)
        if self.found is not None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(0, termios.TCSANOW, self.found)

    def close(self) -> None:
        """Let go of our own description of the terminal; what it does not take within a second is lost."""
        if self.out >= 0:
            deadline = time.monotonic() + 1
            while self.waiting and (left := deadline - time.monotonic()) > 0:
                select.select([], [self.out], [], left)
                self._drain()
            self.loop.remove_writer(self.out)
            os.close(self.out)
            self.out = -1

    def _read(self) -> None:
        try:
            data = os.read(0, READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self.app.typed.feed(data)
        else:
            self._hang_up()

    def _hang_up(self) -> None:
        self.loop.remove_reader(0)
        self.app.typed.hang_up()

    def _resized(self) -> None:
        self.painted = ""
        self._measure()

    def _measure(self) -> None:
        size = Size(*terminal_size(1))
        self.app.post_message(Resize(size, size))

    def _send(self, data: str) -> None:
        self.waiting += data.encode(self.app.encoding, "replace")
        self._drain()

    def _drain(self) -> None:
        if self.out < 0:
            return
        try:
            while self.waiting:
                del self.waiting[: os.write(self.out, self.waiting)]
        except BlockingIOError:
            self.loop.add_writer(self.out, self._drain)
            return
        except OSError:
            self.waiting.clear()
        self.loop.remove_writer(self.out)
        if self.dropped and not self.aside:
            self.dropped = False
            self.app.refresh()


def _own_description(descriptor: int) -> int:
    """Open the terminal once more, so that not blocking is nobody's business but ours."""
    try:
        name = os.ttyname(descriptor)
        return os.open(name, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return os.dup(descriptor)
