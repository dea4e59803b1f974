"""An appliance that stops while somebody is signed in, and a lab that runs already."""

import subprocess
import sys
from contextlib import ExitStack

import pytest

from menus.demo.terminal import Terminal
from menus.lab.layout import Lab
from tests.stories.lab import environment, lab, open_directory


@pytest.mark.story
def test_a_menu_says_that_the_appliance_stops_and_gives_the_terminal_back() -> None:
    with ExitStack() as stack:
        base = stack.enter_context(open_directory())
        with lab(base / "lab"):
            terminal = stack.enter_context(Terminal(Lab(base / "lab", ("ts1", "zs1")), "zs1"))
            terminal.wait_for("main menu")
            command = [sys.executable, "-m", "menus", "lab", str(base / "lab")]
            again = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
        seen = terminal.wait_for("The appliance is stopping.")
        assert "Select:" not in seen
    assert again.returncode == 4
    assert again.stderr.count("already-serving") == 1
