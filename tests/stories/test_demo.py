"""The demo is a story too: it must hold from beginning to end and leave nothing behind."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.sftp.door.processes import soon
from tests.stories.lab import environment


@pytest.mark.story
def test_the_demo_holds_and_leaves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "menus", "demo", str(tmp_path / "demo")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=environment())
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Everything held: 17 checks" in done.stdout
    assert soon(lambda: str(tmp_path / "demo") not in _processes())


def _processes() -> str:
    return subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, text=True, check=True).stdout
