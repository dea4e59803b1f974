"""The shape of the code, as failing tests."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = [path for floor in ("tanos", "sftp", "menus") for path in sorted((ROOT / floor).rglob("*.py"))]
LONGEST_FILE = 300
LONGEST_FUNCTION = 40
VAGUE = {"utils", "helpers", "common", "manager"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_can_be_held_in_the_head(path: Path) -> None:
    text = path.read_text()
    tree = ast.parse(text)
    assert len(text.splitlines()) <= LONGEST_FILE
    assert ast.get_docstring(tree), "every module says its invariant"
    assert path.stem not in VAGUE
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            length = (node.end_lineno or 0) - _first_line(node) + 1
            assert length <= LONGEST_FUNCTION, f"{node.name} is {length} lines"


def _first_line(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
    return body[0].lineno


def loaded_by(statement: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter holds after `statement`."""
    program = f"{statement}\nimport sys\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["tanos.keeper", "tanos.setup", "menus.perform", "menus.tree", "sftp.operations"])
def test_what_a_verb_needs_loads_no_terminal_and_no_ssh(module: str) -> None:
    assert not loaded_by(f"import {module}") & {"textual", "rich", "asyncssh", "paramiko"}
