"""A sentence points at a verb; a menu says its line, the command line the verb, a program gets the verb."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from menus.as_json import error_object
from menus.item import Ask, Menu
from menus.language import choose, pointing, speak
from menus.nouns import every_verb
from menus.tree import MAIN
from menus.walk import verbs as items_of
from menus.ways import MenuLine, menu_line
from tanos import deeds
from tanos.errors import NotYet
from tanos.message import N_, Deed
from tanos.policy.policy import Policy
from tanos.policy.table import POLICIES
from tests.menus.test_templates import SOURCES, calls, templates

POINTED = {name: deed for name, deed in vars(deeds).items() if isinstance(deed, Deed)}
CHAIN = re.compile(r"(?<![\w{-])(?:[0-9A-Z](?:-[0-9A-Z#])+)(?![\w-])|\b(?:menu|line) [0-9A-Z]\b")
ROOT = Path(__file__).parents[2]


def spelled_by_hand(template: str) -> list[str]:
    """Return what a sentence must leave to the face: chains, verbs, labels of more than one word, within more."""
    named = {str(item.label) for item, _ in items_of(MAIN)} | set(labels(MAIN))
    found = CHAIN.findall(template)
    found += [name for name in every_verb() if f"`{name}" in template]
    return found + [label for label in named if " " in label and label in template and label != template]


def labels(menu: Menu) -> Iterator[str]:
    """Yield the labels of the menus below one."""
    for entry in menu.entries:
        if isinstance(entry, Menu):
            yield str(entry.label)
            yield from labels(entry)


@pytest.mark.parametrize("deed", POINTED.values(), ids=POINTED)
def test_what_a_sentence_points_at_is_one_place_in_the_tree(deed: Deed) -> None:
    line = menu_line(MAIN, deed)
    assert isinstance(line, MenuLine)
    below = [
        item
        for item, path in items_of(MAIN)
        if re.match(re.sub("USER|NAME|COMPONENT", "#", line.chain) + "(-|$)", path)
    ]
    assert below
    assert {item.verb.name for item in below} == {deed.verb}
    assert deed.verb in every_verb()


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: str(policy.name))
def test_each_policy_has_its_line_or_a_menu_of_its_values(policy: Policy) -> None:
    line = menu_line(MAIN, deeds.decide_policy(policy.name))
    assert isinstance(line, MenuLine), policy.name
    decided = [
        item.preset["name"] for item, path in items_of(MAIN) if re.match(re.escape(line.chain) + "(-|$)", path)
    ]
    assert set(decided) == {policy.name}


@pytest.mark.parametrize("deed", POINTED.values(), ids=POINTED)
def test_a_verb_is_pointed_at_with_the_arguments_that_it_needs(deed: Deed) -> None:
    needed = [ask for ask in every_verb()[deed.verb].asks if ask.argument and not _may_be_missing(ask)]
    assert len(re.findall(r"^[A-Z:\[\]]+| [A-Z:\[\]]+(?= |$)", deed.words)) == len(needed)


def _may_be_missing(ask: Ask) -> bool:
    return ask.need.value == "optional"


@pytest.mark.parametrize(
    "path", [one for one in SOURCES if one.parts[-2] != "demo"], ids=lambda one: str(one.relative_to(ROOT))
)
def test_no_sentence_spells_the_way_by_hand(path: Path) -> None:
    tree = ast.parse(path.read_text())
    is_tree = path.name.endswith("_menu.py")
    found = [(template, spelled_by_hand(template)) for call in calls(tree, "N_") for template in templates(call)]
    assert not [each for each in found if each[1] and not is_tree]
    if path.name not in {"deeds.py", "message.py", "language.py"}:
        assert not list(calls(tree, "Deed"))


@pytest.mark.parametrize(
    "template",
    ["Create it (2-Z-1).", "there C-3, 1", "menu 2, Z", "Do `public-key import`.", "Take Create CSR.", "4-1"],
)
def test_a_way_by_hand_would_be_found(template: str) -> None:
    assert spelled_by_hand(template)


@pytest.mark.parametrize("template", ["A P-256 key", "SHA-256", "{name}-1", "RFC 5280", "lines 1 to 3", "U+200B"])
def test_what_only_looks_like_a_way_is_let_be(template: str) -> None:
    assert not spelled_by_hand(template)


def test_a_menu_says_its_line_and_the_command_line_its_verb() -> None:
    said = N_("Next: {root}; or {root:key}.", root=deeds.IMPORT_ROOT)
    assert speak(said) == "Next: `public-key import`; or `public-key import`."
    with pointing(lambda deed: menu_line(MAIN, deed)):
        assert speak(said) == "Next: Import Public Key (2-I); or 2-I."
        error = NotYet("step-missing", said, said)
        assert error_object(error)["error"]["remedy"] == "Next: `public-key import`; or `public-key import`."
    assert speak(said) == str(said)


def test_a_label_is_said_in_the_language_of_the_sentence() -> None:
    choose({"TANOS_LANGUAGE": "mangle"})
    with pointing(lambda deed: menu_line(MAIN, deed)):
        assert speak(N_("Next: {root}.", root=deeds.IMPORT_ROOT)) == "⟦Next: ⟦Import Public Key⟧ (2-I).⟧"


def test_a_picked_line_is_called_by_its_name_and_stays_harmless() -> None:
    with pointing(lambda deed: menu_line(MAIN, deed)):
        assert speak(N_("{key:key}", key=deeds.SHOW_KEY)) == "C-3-USER-2"
        assert speak(N_("{key:key}", key=deeds.SHOW_KEY.of("tancopy"))) == "C-3-tancopy-2"
        assert speak(N_("{key:key}", key=deeds.SHOW_KEY.of("a\x1b[2Jb"))) == "C-3-a\\x1b[2Jb-2"
    assert speak(N_("{key}", key=deeds.SHOW_KEY.of("a\x1b[2Jb"))) == "`ssh-keys show a\\x1b[2Jb`"


@pytest.mark.parametrize("verb", ["ssh-keys", "no such", "certificates revoke", ""])
def test_what_has_no_line_is_said_by_its_verb(verb: str) -> None:
    assert menu_line(MAIN, Deed(verb)) == Deed(verb)


def test_a_line_that_moves_is_said_where_it_stands_then() -> None:
    moved = Menu("", MAIN.label, (Menu("7", N_("Elsewhere"), MAIN.entries),))
    with pointing(lambda deed: menu_line(moved, deed)):
        assert speak(N_("{root}", root=deeds.IMPORT_ROOT)) == "Import Public Key (7-2-I)"
    twice = Menu("", MAIN.label, (*MAIN.entries, *moved.entries))
    assert menu_line(twice, deeds.IMPORT_ROOT) == deeds.IMPORT_ROOT
