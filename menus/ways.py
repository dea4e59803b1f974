"""Where the menus do what a sentence points at.

Invariant: found from the tree by the verb, whether it is offered here or not, because a sentence may speak of the
other appliance. What has no line of its own is said by its verb.
"""

from dataclasses import dataclass

from menus.item import Entry, Item, Menu
from menus.language import by_verb, speak
from menus.walk import shared_verb
from tanos.inert import inert
from tanos.message import Deed, Message


@dataclass(frozen=True)
class MenuLine:
    """A line of the menus as it stands in a sentence: `Create CSR (2-Z-1)`, or its keys alone."""

    label: Message
    chain: str

    def __format__(self, spec: str) -> str:
        return self.chain if spec == "key" else f"{speak(self.label)} ({self.chain})"


def menu_line(root: Menu, deed: Deed) -> object:
    """Return the one line, or the menu of ways, that does it. In place of a picked line stands what it is called."""
    entry: Entry = root
    keys: list[str] = []
    while isinstance(entry, Menu):
        below = [one for one in entry.entries if _leads_to(one, deed.verb)]
        below = [one for one in below if _is_about(one, deed)] or below
        below = [one for one in below if _asks_least(one)] or _lines_alone(below)
        if len(below) != 1 and not _is_the_same(below, deed.verb):
            break
        if entry.pick:
            keys.append(inert(deed.words.partition(" ")[0]) or entry.pick.name.upper())
        entry = below[0]
        keys.append(entry.key)
    verb = entry.verb if isinstance(entry, Item) else shared_verb(entry.entries)
    return MenuLine(entry.label, "-".join(keys)) if verb and verb.name == deed.verb else by_verb(deed)


def chain_of(root: Menu, deed: Deed) -> str:
    """Return the chain of the line that does it. Raises ValueError where none does."""
    line = menu_line(root, deed)
    if not isinstance(line, MenuLine):
        raise ValueError(deed.verb)
    return line.chain


def _is_about(entry: Entry, deed: Deed) -> bool:
    """Say whether it is the line that answers what the deed names, of a verb with many: `policy set menu-timeout`."""
    named = deed.words.partition(" ")[0]
    return any(named in line.preset.values() for line in _lines(entry, deed.verb))


def _asks_least(entry: Entry) -> bool:
    """Say whether it is the short one of two lines: it answers, with nothing, what may be left out."""
    return isinstance(entry, Item) and bool(entry.preset) and not any(entry.preset.values())


def _lines_alone(below: list[Entry]) -> list[Entry]:
    """Return the line that stands here itself, where further ways are in a menu below."""
    lines: list[Entry] = [one for one in below if isinstance(one, Item)]
    return lines if len(lines) == 1 else below


def _is_the_same(below: list[Entry], verb: str) -> bool:
    """Say whether the same line, perhaps under another key, stands below each of them: then the first is as good."""
    lines = [line for one in below for line in _lines(one, verb)]
    return bool(lines) and all((line.verb, line.preset) == (lines[0].verb, lines[0].preset) for line in lines)


def _lines(entry: Entry, verb: str) -> list[Item]:
    if isinstance(entry, Item):
        return [entry] if entry.verb.name == verb else []
    return [line for below in entry.entries for line in _lines(below, verb)]


def _leads_to(entry: Entry, verb: str) -> bool:
    if isinstance(entry, Item):
        return entry.verb.name == verb
    return any(_leads_to(below, verb) for below in entry.entries)
