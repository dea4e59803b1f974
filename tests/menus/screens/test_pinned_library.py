"""What is used of Textual beyond its promises still stands; a new version must be looked at first."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import textual
from textual.app import App
from textual.driver import Driver
from textual.widget import Widget

MENUS = Path(__file__).parents[3] / "menus"
PRIVATE = {name for kind in (App, Driver, Widget) for name in dir(kind) if name[0] == "_" and name[:2] != "__"}


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
    found = {(str(path.relative_to(MENUS)), name) for path in MENUS.rglob("*.py") for name in private_names(path)}
    assert found == {("screens/guts.py", "_handle_exception")}


def private_names(path: Path) -> Iterator[str]:
    """Yield private names of the library that a module that knows it uses, overrides or imports."""
    text = path.read_text()
    if not any(name in text for name in ("textual", "rich", "menus.screens.guts")):
        return
    tree = ast.parse(text)
    known = "menus.screens.guts" in text or any(map(_is_library, ast.walk(tree)))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and _is_library(node):
            words = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
            yield from (word for word in words if word.startswith("_"))
        if known and isinstance(node, ast.Attribute | ast.FunctionDef | ast.AsyncFunctionDef):
            name = node.attr if isinstance(node, ast.Attribute) else node.name
            if name in PRIVATE:
                yield name


def _is_library(node: ast.AST) -> bool:
    if isinstance(node, ast.Import):
        return any(alias.name.partition(".")[0] in {"textual", "rich"} for alias in node.names)
    return isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in {"textual", "rich"}
