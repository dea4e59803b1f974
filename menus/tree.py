"""The main menu: its branches, nothing else. Each branch is one data file."""

from menus.item import Menu, Verb
from menus.nouns import every_verb
from tanos.message import N_
from tanos.offer import EVERYBODY

MAIN = Menu("", N_("Main menu"), (), EVERYBODY)


def all_verbs() -> dict[str, Verb]:
    """Return every verb, by name."""
    return every_verb()
