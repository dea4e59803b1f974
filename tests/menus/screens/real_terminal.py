"""A real pseudo-terminal with the console in it, read as raw bytes; and one that tmux reads as a screen."""

import contextlib
import fcntl
import os
import pty
import select
import shlex
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PATIENCE_SECONDS = 60.0
PROJECT = Path(__file__).parents[3]
UTF8 = {"TERM": "xterm-256color", "LANG": "C.UTF-8"}


def program(home: Path) -> list[str]:
    """Return the command that serves the small tree."""
    return [sys.executable, "-W", "error", "-m", "tests.menus.screens.served", str(home)]


class RealTerminal:
    """The master side."""

    def __init__(self, process: "subprocess.Popen[bytes]", master: int, slave: int) -> None:
        self.process = process
        self.master = master
        self.slave = slave
        self.seen = b""

    def send(self, data: bytes) -> None:
        """Type, reading meanwhile what the program paints."""
        view = memoryview(data)
        while view:
            readable, writable, _ = select.select([self.master], [self.master], [], PATIENCE_SECONDS)
            if readable:
                self._read()
            if writable:
                view = view[os.write(self.master, view[:512]) :]

    def sees(self, words: bytes, after: int = 0) -> bytes:
        """Read until `words` came; return all that came."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while words not in self.seen[after:]:
            assert time.monotonic() < deadline, self.seen[-2000:]
            if select.select([self.master], [], [], 0.2)[0]:
                self._read()
        return self.seen

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the window."""
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def ends(self) -> int:
        """Read until the program has ended; return its status."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.process.poll() is None:
            assert time.monotonic() < deadline, self.seen[-2000:]
            if select.select([self.master], [], [], 0.05)[0]:
                self._read()
        while select.select([self.master], [], [], 0)[0] and self._read():
            pass
        return self.process.returncode

    def hang_up(self) -> None:
        """Let the terminal vanish."""
        os.close(self.slave)
        os.close(self.master)
        self.master = self.slave = -1

    def _read(self) -> bool:
        try:
            piece = os.read(self.master, 65536)
        except OSError:
            return False
        self.seen += piece
        return bool(piece)


def _own_terminal() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # who started the tests may ignore it, and that is inherited
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@contextmanager
def real_terminal(
    home: Path, environment: Mapping[str, str] = UTF8, *, controlling: bool = True, idle: int = 0
) -> Iterator[RealTerminal]:
    """Open a pseudo-terminal with the program on it, and leave nothing behind.

    Only a `controlling` one tells its hangup by a signal.
    """
    master, slave = pty.openpty()
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = subprocess.Popen(
        [*program(home), *([str(idle)] if idle else [])],
        stdin=slave, stdout=slave, stderr=slave, cwd=PROJECT, start_new_session=True,
        env={"PATH": os.environ["PATH"], **environment},
        preexec_fn=_own_terminal if controlling else None,  # noqa: PLW1509 - no thread runs in a test
    )  # fmt: skip
    terminal = RealTerminal(process, master, slave)
    try:
        yield terminal
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        process.wait()
        for descriptor in (terminal.master, terminal.slave):
            if descriptor >= 0:
                os.close(descriptor)


class Screen:
    """A terminal as tmux sees it."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    def tmux(self, *words: str) -> str:
        """Ask tmux."""
        return subprocess.run(
            ["tmux", "-S", str(self._socket), "-f", "/dev/null", *words],
            check=True, capture_output=True, text=True, env={"PATH": os.environ["PATH"], **UTF8},
        ).stdout  # fmt: skip

    def type(self, text: str) -> None:
        """Type `text` and Return."""
        self.tmux("send-keys", "-l", text + "\r")

    def text(self) -> str:
        """Return what is on the screen."""
        return self.tmux("capture-pane", "-p")

    def sees(self, *words: str) -> str:
        """Wait until all `words` are on the screen; return it."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not all(word in (seen := self.text()) for word in words):
            assert time.monotonic() < deadline, seen
            time.sleep(0.03)
        return seen


@contextmanager
def tmux_screen(home: Path, columns: int, rows: int) -> Iterator[Screen]:
    """Start the console in a window of tmux."""
    screen = Screen(home.parent / "tmux")
    command = f"cd {PROJECT} && exec {shlex.join(program(home))}"
    screen.tmux("new-session", "-d", "-x", str(columns), "-y", str(rows), command)
    try:
        yield screen
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            screen.tmux("kill-server")
