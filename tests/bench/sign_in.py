"""Reported only: sign-in to the first painted menu by a real ssh, against a sign-in that is answered at once."""

import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator

from tests.bench.lab import Measured, measured_lab
from tests.bench.measure import Gate, in_turn

MENU_WORDS = b"Tanium Operations"


def measure() -> Iterator[Gate]:
    """Measure both in turn."""
    with measured_lab() as lab:
        ours, bare = in_turn(_painted(lab), lambda: _bare(lab), runs=15)
    yield Gate(
        "- sign-in to the first painted menu, against a sign-in that is answered at once",
        str(ours), str(bare), ours.median / bare.median, None,
    )  # fmt: skip


def _bare(lab: Measured) -> None:
    done = subprocess.run(["ssh", "-F", lab.config, "ts1-files", "true"], capture_output=True, check=False)
    assert done.returncode == 5, done


def _painted(lab: Measured) -> Callable[[], None]:
    def work() -> None:
        child, terminal = pty.fork()
        if child == 0:
            os.execvpe("ssh", ["ssh", "-F", lab.config, "-tt", "ts1"], {**os.environ, "TERM": "xterm-256color"})
        seen, deadline = b"", time.monotonic() + 20
        while MENU_WORDS not in seen:
            assert time.monotonic() < deadline, seen
            if select.select([terminal], [], [], 1)[0]:
                seen += os.read(terminal, 65536)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)

    return work
