"""The tree as data: what is listed where, and that all faces can reach it."""

import inspect
from types import ModuleType

import pytest

from menus import tree
from menus.item import Ask, Item, Kind, Menu, Verb
from menus.nouns import MODULES, every_verb, verbs_of
from menus.parser import command_of
from menus.tree import MAIN
from menus.walk import verbs as items_of
from tanos.operation import Inquiry
from tanos.platform import Release, UserRole
from tests.menus.outline import CASES, GOLDEN, outline_of

VERBS = list(every_verb().values())
each_verb = pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)


@pytest.mark.parametrize(("kind", "release"), CASES, ids=str)
def test_what_is_listed_on_each_appliance_and_release(kind: str, release: Release) -> None:
    assert outline_of(kind, release.name) == (GOLDEN / f"{kind}-{release}.txt").read_text()


def test_a_tanuser_is_offered_nothing_that_changes_the_appliance() -> None:
    assert outline_of("zone-server", "7.3", UserRole.TANUSER) == (GOLDEN / "tanuser.txt").read_text()


def test_a_server_without_the_hub_lists_no_zone_server_configuration() -> None:
    assert "Zone Server Configuration" not in outline_of("tanium-server", "7.3")


def test_on_7_4_zone_server_configuration_tells_of_keys_and_offers_nothing_of_the_manual_procedure() -> None:
    for kind in ("zone-server", "tanium-server-hub"):
        listed = outline_of(kind, "7.4")
        assert "List server TLS keys" in listed
        assert "Create CSR" not in listed
        assert "Import Cert Request" not in listed


@each_verb
def test_a_verb_asks_exactly_what_its_operation_takes(verb: Verb) -> None:
    taking = verb.operation.read if isinstance(verb.operation, Inquiry) else verb.operation.prepare
    taken = [each for each in inspect.signature(taking).parameters.values() if each.kind is each.KEYWORD_ONLY]
    assert sorted(each.name for each in taken) == sorted(ask.name for ask in verb.asks)
    needed = {each.name for each in taken if each.default is each.empty}
    assert needed <= {ask.name for ask in verb.asks}


@each_verb
def test_every_verb_is_a_menu_line_and_every_menu_line_a_verb(verb: Verb) -> None:
    assert any(item.verb is verb for item, _ in items_of(MAIN))
    assert {item.verb.name for item, _ in items_of(MAIN)} == set(every_verb())


@each_verb
def test_no_word_of_a_command_line_means_two_things(verb: Verb) -> None:
    options = [word for parameter in command_of(verb, local=True).params for word in parameter.opts]
    assert len(options) == len(set(options))


@each_verb
def test_a_paste_says_what_it_must_be_and_a_choice_from_what(verb: Verb) -> None:
    for ask in verb.asks:
        assert (ask.kind is Kind.PASTE) == (ask.awaited is not None), ask.name
        assert (ask.kind is Kind.CHOICE) == _lists(ask), ask.name


def _lists(ask: Ask) -> bool:
    return bool(ask.choices or ask.options or ask.options_after)


def test_a_noun_finds_its_verbs_and_nothing_else() -> None:
    assert {verb.name.split()[0] for verb in every_verb().values()} == set(MODULES)
    assert all(verbs_of(noun) for noun in MODULES)
    assert verbs_of("nonsense") == {}


def test_no_verb_loads_a_branch_of_the_menu_to_be_found() -> None:
    branches = {
        name for name, found in vars(tree).items() if name.endswith("_menu") and isinstance(found, ModuleType)
    }
    assert len(branches) == 4
    assert branches & {module.removeprefix("menus.") for module in MODULES.values()} == set()


def test_keys_are_not_used_twice_and_no_menu_takes_the_keys_of_every_menu() -> None:
    def below(menu: Menu) -> None:
        keys = [entry.key.casefold() for entry in menu.entries]
        assert len(keys) == len(set(keys)), menu.label
        assert not {"r", "rr", "?"} & set(keys), menu.label
        for entry in menu.entries:
            if isinstance(entry, Menu):
                below(entry)

    below(MAIN)
    assert "z" not in {entry.key.casefold() for entry in MAIN.entries}, "Z logs out at the main menu"


def test_what_an_item_presets_is_asked_by_its_verb() -> None:
    for item, path in items_of(MAIN):
        assert isinstance(item, Item)
        assert set(item.preset) <= {ask.name for ask in item.verb.asks}, path
