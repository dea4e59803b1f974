"""Real `ssh` clients on terminals of their own, watched to the byte."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

PATIENCE_SECONDS = 60.0
MENU_WORDS = (b"Tanium Operations", b"Select:")
SIZES = ((80, 24), (120, 40), (200, 60))


@dataclass
class Client:
    """One `ssh` on a terminal of its own."""

    config: str
    host: str
    size: tuple[int, int] = SIZES[0]
    prefix: tuple[str, ...] = ()
    """Words before `ssh`: where it runs."""
    environment: Mapping[str, str] = field(default_factory=lambda: {"TERM": "xterm-256color", "LANG": "C.UTF-8"})
    """What the client has and sends of TERM, LANG and NO_COLOR."""
    command: tuple[str, ...] = ()
    """What is asked for instead of a menu."""
    seen: bytearray = field(default_factory=bytearray)
    process: "subprocess.Popen[bytes]" = field(init=False)
    terminal: int = field(init=False)

    def __enter__(self) -> "Client":
        """Start it."""
        command = [
            *self.prefix,
            "ssh",
            "-F",
            self.config,
            *(() if self.command else ("-tt",)),
            self.host,
            *self.command,
        ]
        sent = [f"-oSendEnv={name}" for name in self.environment if name != "TERM"]
        command[len(self.prefix) + 1 : len(self.prefix) + 1] = sent
        self.terminal, slave = pty.openpty()
        self._set_size(*self.size)
        environment = {"PATH": os.environ["PATH"], **self.environment}
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)
        return self

    def __exit__(self, *_: object) -> None:
        """Kill it."""
        self.process.kill()
        self.process.wait()
        os.close(self.terminal)

    def resize(self, columns: int, lines: int) -> None:
        """Change the size of the terminal."""
        self._set_size(columns, lines)
        self.process.send_signal(signal.SIGWINCH)  # the terminal is not its controlling one

    def _set_size(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def sees(self, *words: bytes) -> None:
        """Read until all `words` came."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not all(word in self.seen for word in words):
            assert time.monotonic() < deadline, bytes(self.seen)
            self.reads_within(1.0)

    def reads_within(self, seconds: float) -> bool:
        """Read what comes within `seconds`; say whether something did."""
        if not select.select([self.terminal], [], [], seconds)[0]:
            return False
        try:
            self.seen += os.read(self.terminal, 65536)
        except OSError:  # every other end is closed
            return False
        return True

    def settles(self, seconds: float = 0.2) -> int:
        """Read until nothing came for `seconds`; return how many bytes did."""
        before = len(self.seen)
        while self.reads_within(seconds):
            pass
        return len(self.seen) - before

    def key(self, key: bytes) -> float:
        """Press one; return the seconds to the first byte that answers."""
        began = time.perf_counter()
        os.write(self.terminal, key)
        assert self.reads_within(PATIENCE_SECONDS)
        return time.perf_counter() - began


def bare(config: str, host: str) -> None:
    """Sign in for a command that is refused at once, and read that it is."""
    with Client(config, host, command=("true",)) as client:
        client.sees(b"file transfer only")


def sign_in(config: str, host: str, size: tuple[int, int] = SIZES[0], words: tuple[bytes, ...] = MENU_WORDS) -> None:
    """Sign in, wait for a menu, and break off."""
    with Client(config, host, size) as client:
        client.sees(*words)
