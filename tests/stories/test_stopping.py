"""An appliance that stops while somebody is signed in, and a lab that runs already."""

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.stories.lab import environment, lab, open_directory

PATIENCE_SECONDS = 60


@pytest.mark.story
def test_a_menu_says_that_the_appliance_stops_and_gives_the_terminal_back() -> None:
    with open_directory() as base:
        with lab(base / "lab") as config:
            child, terminal = _signed_in(config, "zs1")
            _read(terminal, b"main menu")
            command = [sys.executable, "-m", "menus", "lab", str(base / "lab")]
            again = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
        seen = _read(terminal, b"The appliance is stopping.")
        os.waitpid(child, 0)
        os.close(terminal)
    assert seen.rfind(b"\x1b[?1049l") < seen.find(b"The appliance is stopping."), (
        "said on the screen that is given back"
    )
    assert again.returncode == 4
    assert again.stderr.count("already-serving") == 1


def _signed_in(config: Path, name: str) -> tuple[int, int]:
    child, terminal = pty.fork()
    if child == 0:
        os.execvpe("ssh", ["ssh", "-F", str(config), "-tt", name], {**os.environ, "TERM": "xterm-256color"})
    return child, terminal


def _read(terminal: int, awaited: bytes) -> bytes:
    """Read until `awaited` came; fail with what came instead."""
    seen, deadline = b"", time.monotonic() + PATIENCE_SECONDS
    while awaited not in seen:
        assert time.monotonic() < deadline, seen
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                seen += os.read(terminal, 65536)
            except OSError:
                raise AssertionError(seen) from None
    return seen
