"""Every text for operators can be taken out for translators: a literal, with named fields, and just those."""

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from tanos.exchange.ledger import STATES
from tanos.exchange.progress import _ISSUER, _REQUESTER

ROOT = Path(__file__).parents[2]
SOURCES = [path for floor in ("tanos", "sftp", "menus") for path in sorted((ROOT / floor).rglob("*.py"))]
MAKERS = {"tanos/message.py", "tanos/exchange/progress.py", "tanos/pasting/repairs.py"}
"""Where a Message is made from another one's template, with fields of its own."""
LATER = {"tanos/exchange/progress.py"}
"""Where fields are given later: their names are those of the states, and a test of its own reads each line."""


def calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    """Yield the calls of a name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield node


def faults(call: ast.Call, *, later: bool = False) -> Iterator[str]:
    """Yield what is wrong with one `N_(…)`."""
    template = call.args[0] if len(call.args) == 1 else None
    if not (isinstance(template, ast.Constant) and isinstance(template.value, str)):
        yield "the template is not one literal"
        return
    named = [field for _, field, _, _ in Formatter().parse(template.value) if field is not None]
    if not all(field.isidentifier() for field in named):
        yield f"unnamed or computed fields: {named}"
    if any(keyword.arg is None for keyword in call.keywords):
        yield "fields are not written out"
    given = {keyword.arg for keyword in call.keywords}
    if given != set(named) and (given or not later):
        yield f"names {sorted(named)}, is given {sorted(filter(None, given))}"


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
    "source", ['N_(f"a {b}")', 'N_("a {}", b=1)', 'N_("a {b}")', 'N_("a", b=1)', 'N_(x)', 'N_("a {b.c}", b=1)']
)  # fmt: skip
def test_a_fault_would_be_found(source: str) -> None:
    (call,) = calls(ast.parse(source), "N_")
    assert list(faults(call))
