"""A page follows each key: nobody waits for the next of sixty paints a second."""

import subprocess
import sys

from textual import constants

import menus.screens


def test_textual_paints_as_often_as_somebody_types() -> None:
    assert menus.screens
    told = "import menus.screens.console; from textual import constants; print(constants.MAX_FPS)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True, env={"PATH": ""})
    assert int(done.stdout) >= 250
    assert hasattr(constants, "MAX_FPS"), "the name by which it is known"
