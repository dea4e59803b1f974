"""Every text for operators can be taken out for translators: a literal, with named fields, and just those."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from tanos.exchange.ledger import STATES
from tanos.exchange.progress import _ISSUER, _REQUESTER

ROOT = Path(__file__).parents[2]
SOURCES = [path for floor in ("tanos", "sftp", "menus") for path in sorted((ROOT / floor).rglob("*.py"))]
COUNTED = re.compile(r"\{(?:count|days|hours|lines|characters|files|size|number)[^}]*\} [a-z]+s\b")
"""A count before its noun. An amount that is never one (the bits of a key, a limit in bytes) has another name."""
MAKERS = {"tanos/message.py", "tanos/exchange/progress.py", "tanos/pasting/repairs.py"}
"""Where a Message is made from another one's template, with fields of its own."""
LATER = {"tanos/exchange/progress.py"}
"""Where fields are given later: their names are those of the states, and a test of its own reads each line."""


def calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    """Yield the calls of a name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield node


def templates(call: ast.Call) -> list[str]:
    """Return the literal templates of one `N_(…)`: that for one, and where there is one that for many."""
    return [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]


def faults(call: ast.Call, *, later: bool = False) -> Iterator[str]:
    """Yield what is wrong with one `N_(…)`."""
    told = templates(call)
    if len(told) != len(call.args) or len(told) not in {1, 2}:
        yield "the templates are not one or two literals"
        return
    given = {keyword.arg for keyword in call.keywords}
    if None in given:
        yield "fields are not written out"
    for template in told:
        named = [field for _, field, _, _ in Formatter().parse(template) if field is not None]
        if not all(field.isidentifier() for field in named):
            yield f"unnamed or computed fields: {named}"
        if given != set(named) and (given or not later):
            yield f"names {sorted(named)}, is given {sorted(filter(None, given))}"
    if len(told) == 2 and "count" not in given:
        yield "no count chooses between the two"
    if len(told) == 1 and COUNTED.search(told[0]):
        yield "is said of many, with no template for one"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_is_a_literal_whose_fields_are_given(path: Path) -> None:
    tree, name = ast.parse(path.read_text()), str(path.relative_to(ROOT))
    found = [
        f"line {call.lineno}: {fault}" for call in calls(tree, "N_") for fault in faults(call, later=name in LATER)
    ]
    if name not in MAKERS:
        found += [f"line {call.lineno}: a Message without N_" for call in calls(tree, "Message")]
    assert not found


def test_every_state_has_its_words_and_every_line_its_fields() -> None:
    assert set(STATES) >= {*_REQUESTER, *_ISSUER}
    for state, line in [*_REQUESTER.items(), *_ISSUER.items()]:
        fields = {field for _, field, _, _ in Formatter().parse(line.template) if field}
        assert state in fields <= set(STATES)


@pytest.mark.parametrize(
    "source",
    [
        'N_(f"a {b}")', 'N_("a {}", b=1)', 'N_("a {b}")', 'N_("a", b=1)', 'N_(x)', 'N_("a {b.c}", b=1)',
        'N_("{count} keys", count=1)', 'N_("{n} key", "{n} keys", n=1)', 'N_("{count} a", "b", count=1)',
    ],
)  # fmt: skip
def test_a_fault_would_be_found(source: str) -> None:
    (call,) = calls(ast.parse(source), "N_")
    assert list(faults(call))
