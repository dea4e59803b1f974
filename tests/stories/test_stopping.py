"""An appliance that stops while somebody is signed in, and a lab that runs already."""

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from menus.demo.terminal import Terminal
from menus.lab.layout import Lab
from tests.stories.lab import environment, lab


@pytest.mark.story
def test_a_menu_says_that_the_appliance_stops_and_gives_the_terminal_back(tmp_path: Path) -> None:
    with ExitStack() as stack:
        with lab(tmp_path / "lab"):
            terminal = stack.enter_context(Terminal(Lab(tmp_path / "lab", ("ts1", "zs1")), "zs1"))
            terminal.wait_for("main menu")
            command = [sys.executable, "-m", "menus", "lab", str(tmp_path / "lab")]
            again = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
        seen = terminal.wait_for("The appliance is stopping.")
        assert "Select:" not in seen
    assert again.returncode == 4
    assert again.stderr.count("already-serving") == 1
