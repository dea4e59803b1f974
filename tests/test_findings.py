"""`docs/findings.md` holds every id that scripts can meet, with its exit code, and no id that is gone."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tanos import errors
from tanos.errors import TanosError

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "docs" / "findings.md"
ROW = re.compile(r"\| `([a-z0-9-]+)` \| ([^|]+) \| ([^|]+) \|")
ID = re.compile(r"[a-z][a-z0-9-]*")
GOES_ON = "–"
"""Said of a finding that does not stop the verb."""
FINDINGS = {"refuse": str(errors.AnswerRefused.exit_code.value), "warn": GOES_ON, "note": GOES_ON}
ERRORS = {
    name: str(kind.exit_code.value)
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, TanosError)
}
EXITS = FINDINGS | ERRORS


def rows() -> dict[str, str]:
    """Return the table: id and exit codes."""
    return {found[1]: found[2].strip() for found in ROW.finditer(TABLE.read_text())}


@cache
def used() -> dict[str, str]:
    """Return every id of the code, with the exit codes of where it is used."""
    found: dict[str, set[str]] = defaultdict(set)
    for floor in ("tanos", "sftp", "menus"):
        for path in (ROOT / floor).rglob("*.py"):
            for each, maker in ids_in(ast.parse(path.read_text())):
                found[each].add(EXITS[maker])
    return {each: ", ".join(sorted(exits, key=lambda code: (code == GOES_ON, code))) for each, exits in found.items()}


def ids_in(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield each id that is written in a module, and what is made of it; a constant of the module is looked up."""
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if not (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in EXITS and node.args
        ):
            continue
        first = node.args[0]
        value = constants.get(first.id) if isinstance(first, ast.Name) else getattr(first, "value", None)
        if isinstance(value, str) and ID.fullmatch(value):
            yield value, node.func.id


def test_every_id_is_explained_and_none_that_is_gone() -> None:
    assert sorted(rows()) == sorted(used())


def test_the_exit_codes_are_those_of_the_code() -> None:
    assert rows() == used()


def test_each_id_stands_once_and_in_order() -> None:
    ids = [found[1] for found in ROW.finditer(TABLE.read_text())]
    assert ids == sorted(set(ids))


def test_the_readme_leads_to_the_table() -> None:
    assert "docs/findings.md" in (ROOT / "README.md").read_text()


def test_an_id_behind_a_constant_is_found() -> None:
    tree = ast.parse('A = "some-id"\nraise WrongUse(A, x, y)\nrefuse("other-id", x, y)\nrefuse(error, x)\n')
    assert sorted(ids_in(tree)) == [("other-id", "refuse"), ("some-id", "WrongUse")]
