"""A served home, and `tanos console` on it: on a pseudo-terminal of its own, or under OpenSSH's sshd."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tanos.appliance import Appliance

CONSOLE = (sys.executable, "-m", "menus.entry", "console")
ENVIRONMENT = {"PATH": os.defpath, "LANG": "C.UTF-8", "TERM": "xterm-256color"}
PATIENCE_SECONDS = 60.0
MENU = b"Log out"
_TIOCGPTN = 0x80045430
"""Number of a terminal, asked of its master side; asm-generic/ioctls.h."""


@contextmanager
def served(appliance: Appliance) -> Iterator["subprocess.Popen[str]"]:
    """Serve a home, as a process, until the block ends."""
    serving = subprocess.Popen(
        [sys.executable, "-m", "menus", "serve", str(appliance.home)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=ENVIRONMENT,
    )  # fmt: skip
    try:
        assert serving.stdout is not None
        assert serving.stdout.readline().startswith("listening ")
        soon(lambda: (appliance.run / "console").is_socket())
        yield serving
    finally:
        serving.terminate()
        assert serving.wait(PATIENCE_SECONDS) is not None
        assert serving.stdout is not None
        serving.stdout.close()


def soon(holds: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until a function returns something true."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.01)


class Sitting:
    """A program that leads the session of a pseudo-terminal, seen from the terminal's other side."""

    def __init__(self, words: tuple[str, ...], environment: dict[str, str] = ENVIRONMENT) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(words[0], words, environment)
        self.seen = b""
        self.status: int | None = None

    def type(self, data: bytes) -> None:
        """Write to it as a terminal does."""
        os.write(self.fd, data)

    def sees(self, words: bytes) -> bytes:
        """Read until `words` came; return what came before."""
        until = time.monotonic() + PATIENCE_SECONDS
        while words not in self.seen:
            assert time.monotonic() < until, self.seen[-2000:]
            if not self.read(0.1):
                break
        before, found, self.seen = self.seen.partition(words)
        assert found, before[-2000:]
        return before

    def read(self, seconds: float) -> bool:
        """Read what is there; False once the other side is closed."""
        if select.select([self.fd], [], [], seconds)[0]:
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                return False
            self.seen += data
            return bool(data)
        return True

    def ends(self, seconds: float = PATIENCE_SECONDS) -> int:
        """Wait for its end; return the exit status."""
        until = time.monotonic() + seconds
        while self.status is None:
            assert time.monotonic() < until, self.seen[-2000:]
            self.read(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        while select.select([self.fd], [], [], 0)[0] and self.read(0):
            pass
        return self.status

    def close(self) -> None:
        """Leave nothing behind."""
        if self.status is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        if self.fd >= 0:
            os.close(self.fd)


@contextmanager
def sitting(words: tuple[str, ...], environment: dict[str, str] = ENVIRONMENT) -> Iterator[Sitting]:
    """Start a program on a pseudo-terminal, and end it with the block."""
    place = Sitting(words, environment)
    try:
        yield place
    finally:
        place.close()


def leader_of(terminal: int) -> int:
    """Return the process that leads the session of the terminal with this master side; 0 where none does."""
    (number,) = struct.unpack("I", fcntl.ioctl(terminal, _TIOCGPTN, bytes(4)))
    device = Path(f"/dev/pts/{number}").stat().st_rdev
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[4]) == device and fields[3] == entry.name:
                    return int(entry.name)
    return 0
