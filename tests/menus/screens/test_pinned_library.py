"""What is used of Textual beyond its promises still stands; a new version must be looked at first."""

import inspect
import re
from pathlib import Path

import textual
from textual.app import App
from textual.driver import Driver

SCREENS = Path(__file__).parents[3] / "menus" / "screens"


def test_textual_is_the_version_that_was_looked_at() -> None:
    assert textual.__version__ == "8.2.8"


def test_the_private_hook_for_faults_is_still_called() -> None:
    assert list(inspect.signature(App._handle_exception).parameters) == ["self", "error"]
    assert inspect.getsource(App._process_messages).count("self._handle_exception(error)") == 2


def test_the_driver_answers_every_abstract_method() -> None:
    assert Driver.__abstractmethods__ == {
        "write",
        "start_application_mode",
        "disable_input",
        "stop_application_mode",
    }


def test_private_names_of_the_library_stand_in_one_file() -> None:
    private = re.compile(r"(?:super\(\)|app|App|driver|screen)\._(?!_)\w+|from textual\._|import _[a-z]")
    found = {path.name for path in SCREENS.glob("*.py") if private.search(path.read_text())}
    assert found <= {"guts.py"}
