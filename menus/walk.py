"""Walking the tree: what is listed here, and where a key or a chain of keys leads; one walker for every face.

Invariant: what is not offered is not listed, and asked for by chain it says where it is offered. A chain always
starts at the main menu; case does not matter. A step that is refused moves nobody.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from menus.item import Answers, Entry, Item, Menu, Option, Verb
from tanos.actor import Call
from tanos.errors import NotOffered, WrongUse
from tanos.inert import inert
from tanos.message import N_, Message
from tanos.offer import Offer
from tanos.platform import UserRole
from tanos.report import Words


@dataclass(frozen=True)
class Place:
    """Where an operator stands: a menu (perhaps still picking a line), the way to it, what was picked."""

    menu: Menu
    keys: tuple[str, ...] = ()
    bound: Answers = field(default_factory=dict)
    picking: bool = False
    """The menu's list is shown and one of its lines is awaited."""
    picked: Words = ""
    """What was picked: words of the program where the line has a key of its own, else the value itself."""

    @property
    def path(self) -> str:
        """The chain that leads here: `2-Z`; empty at the main menu."""
        return "-".join(self.keys)

    @property
    def title(self) -> Message:
        """What it is called: the menu's label, the question of its list, or what was picked there."""
        pick = self.menu.pick
        if pick and self.picking:
            return pick.title
        if pick and pick.name in self.bound:
            return N_("{menu}: {chosen}", menu=self.menu.label, chosen=self.picked)
        return self.menu.label


@dataclass(frozen=True)
class Errand:
    """A chosen line: the item, its path, and the answers that the way to it gave."""

    item: Item
    path: str
    answers: Answers
    menu: Menu

    @property
    def title(self) -> Message:
        """What it is called: where a menu only tells ways of one thing, its name stands before the way's."""
        if shared_verb(self.menu.entries) is None:
            return self.item.label
        return N_("{menu}: {way}", menu=self.menu.label, way=self.item.label)


class Way:
    """Where an operator stands, and how he came there: the same whether by keys or by a chain."""

    def __init__(self, root: Menu, call: Call) -> None:
        self.call = call
        self._trail = [Place(root)]

    @property
    def here(self) -> Place:
        """The present place."""
        return self._trail[-1]

    @property
    def is_main(self) -> bool:
        """Whether this is the main menu."""
        return len(self._trail) == 1

    def back(self) -> None:
        """Go one place back; the main menu stays."""
        if not self.is_main:
            self._trail.pop()

    def main(self) -> None:
        """Go to the main menu."""
        del self._trail[1:]

    def go(self, typed: str) -> Errand | None:
        """Follow a key from here, or a chain from the main menu; return the errand it ends at.

        Raises WrongUse `unknown-key` or NotOffered `not-offered`.
        """
        start, keys = self._route(typed)
        trail = list(start)
        for number, key in enumerate(keys, start=1):
            there = _step(trail[-1], key, self.call, typed)
            if isinstance(there, Place):
                trail.append(there)
                continue
            if number < len(keys):
                raise _nothing_below(there, keys[number])
            self._trail = trail
            return there
        self._trail = trail
        return None

    def meant(self, typed: str) -> tuple[Item, str] | None:
        """Return the line that `typed` would lead to if all were offered, and its chain; None where to none."""
        start, keys = self._route(typed)
        return _line_below(start[-1], keys)

    def _route(self, typed: str) -> tuple[list[Place], list[str]]:
        """Return from where which keys are followed: a value of a list that is shown may hold a dash too."""
        typed = typed.strip()
        if "-" in typed.strip("-") and not (self.here.picking and self._is_picked(typed)):
            return self._trail[:1], typed.strip("-").split("-")
        return self._trail, [typed]

    def _is_picked(self, typed: str) -> bool:
        return any(option.value.casefold() == typed.casefold() for option in choices(self.here, self.call))


def listed(place: Place, call: Call) -> tuple[Entry, ...]:
    """Return the lines that this appliance and user are offered here."""
    return tuple(entry for entry in place.menu.entries if _offered(entry, call))


def choices(place: Place, call: Call) -> tuple[Option, ...]:
    """Return the lines to pick from, where the place is picking."""
    pick = place.menu.pick
    options = tuple(pick.options(call.appliance)) if pick else ()
    if pick and pick.is_own and call.actor.role is not UserRole.TANADMIN:
        return tuple(option for option in options if option.value == call.actor.user)
    return options


def keyed(options: Sequence[Option]) -> list[tuple[str, Option]]:
    """Return the lines of a list with what is typed for each."""
    return [(option.key or str(number), option) for number, option in enumerate(options, start=1)]


def verbs(menu: Menu) -> Iterator[tuple[Item, str]]:
    """Yield every item of the tree with its chain; a picked line stands as `#`."""

    def below(node: Menu, keys: tuple[str, ...]) -> Iterator[tuple[Item, str]]:
        keys = (*keys, "#") if node.pick else keys
        for entry in node.entries:
            if isinstance(entry, Item):
                yield entry, "-".join((*keys, entry.key))
            else:
                yield from below(entry, (*keys, entry.key))

    yield from below(menu, ())


def shared_verb(entries: Sequence[Entry]) -> Verb | None:
    """Return the verb that every line leads to, where lines are only ways of one thing."""
    found = [entry.verb for entry in entries if isinstance(entry, Item)]
    ways = len(found) > 1 and len(found) == len(entries) and all(verb is found[0] for verb in found)
    return found[0] if ways else None


def check_offer(offer: Offer, call: Call, what: str) -> None:
    """Raise NotOffered `not-offered` unless this appliance and this user are offered it."""
    if not offer.holds_for(call.appliance.identity):
        raise NotOffered("not-offered", N_("{what} is not offered on this appliance.", what=what), offer.where())
    if not offer.holds_for_user(call.actor.role):
        raise NotOffered(
            "not-offered",
            N_("{what} is not offered to users of role {role}.", what=what, role=call.actor.role.value),
            N_("Ask a tanadmin user."),
        )


def offer_of(entry: Entry | Verb) -> Offer:
    """Return where an entry is offered."""
    return entry.offer


def _step(place: Place, key: str, call: Call, typed: str) -> Place | Errand:
    if place.picking:
        return _picked(place, key, call, typed)
    wanted = key.strip().casefold()
    for entry in place.menu.entries:
        if entry.key.casefold() == wanted:
            check_offer(offer_of(entry), call, str(entry.label))
            return _entered(place, entry)
    raise _unknown(typed)


def _offered(entry: Entry, call: Call) -> bool:
    offer = offer_of(entry)
    here = offer.holds_for(call.appliance.identity) and offer.holds_for_user(call.actor.role)
    return here and (isinstance(entry, Item) or any(_offered(below, call) for below in entry.entries))


def _entered(place: Place, entry: Entry) -> Place | Errand:
    keys = (*place.keys, entry.key)
    if isinstance(entry, Item):
        return Errand(entry, "-".join(keys), {**place.bound, **entry.preset}, place.menu)
    return Place(entry, keys, place.bound, entry.pick is not None, place.picked)


def _picked(place: Place, key: str, call: Call, typed: str) -> Place:
    pick = place.menu.pick
    options = choices(place, call)
    wanted = key.strip()
    for name, option in keyed(options):
        if pick and wanted.casefold() in {name.casefold(), option.value.casefold()}:
            bound = {**place.bound, pick.name: option.value}
            return Place(place.menu, (*place.keys, name), bound, picked=option.label if option.key else option.value)
    raise _unknown(typed)


def _unknown(typed: str) -> WrongUse:
    return WrongUse(
        "unknown-key",
        N_("There is no line {key} here.", key=inert(typed.strip())),
        N_("Type the key of a listed line, R to go back, or ? for help."),
    )


def _nothing_below(errand: Errand, key: str) -> WrongUse:
    return WrongUse(
        "unknown-key",
        N_("There is nothing below {path}.", path=errand.path),
        N_("{key} leads nowhere from there.", key=inert(key)),
    )


def _line_below(place: Place, keys: Sequence[str]) -> tuple[Item, str] | None:
    node: Entry = place.menu
    path, picking = list(place.keys), place.picking
    for key in keys:
        if isinstance(node, Item):
            return None
        if picking:
            path, picking = [*path, "#"], False
            continue
        found = next((entry for entry in node.entries if entry.key.casefold() == key.strip().casefold()), None)
        if found is None:
            return None
        node, picking = found, isinstance(found, Menu) and found.pick is not None
        path.append(found.key)
    return (node, "-".join(path)) if isinstance(node, Item) else None
