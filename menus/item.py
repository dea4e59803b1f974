"""The vocabulary of the tree: Ask, Verb, Item, Menu. A menu line is one record; every face reads the same one.

A Verb is what can be done (its words on the command line, what it asks, its operation, where it is offered). An Item
is a line of a menu that leads to a Verb, perhaps with some answers already given. A Menu holds lines; one that
`pick`s asks for a line of a list first (a user, a peer) and hands the answer to everything below it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from tanos.appliance import Appliance
from tanos.message import N_, Message
from tanos.offer import EVERYWHERE, Offer
from tanos.operation import Inquiry, Operation
from tanos.pasting.awaited import Awaited
from tanos.report import Section, Words

Answers = Mapping[str, Any]
NOTHING = N_("There is nothing to choose from here.")


class Kind(Enum):
    """How an answer is given."""

    TEXT = "text"
    CHOICE = "choice"
    """One of `options`, by line number or value."""
    FLAG = "flag"
    """yes or no; bool."""
    PASTE = "paste"
    """Raw bytes: pasted at a terminal, stdin for a verb; bytes."""
    SECRET = "secret"  # noqa: S105
    """Typed unseen; tanos.secret.Secret."""


class Need(Enum):
    """Whether an answer may be missing."""

    ALWAYS = "always"
    OPTIONAL = "optional"
    FOR_VERBS = "for verbs"
    """Not asked at a menu, where the operator compares and confirms what the Plan shows; demanded of a verb unless
    there is a `default`."""
    AT_MENUS = "at menus"
    """A flag that is asked at a menu; of a verb, which says what it wants all at once, it is taken for yes."""


@dataclass(frozen=True)
class Option:
    """One line of a list to choose from."""

    value: str
    label: Words
    key: str = ""
    """What is typed for it before a menu opens; empty: its line number."""


def always(_: Answers) -> bool:
    """Ask in every case."""
    return True


@dataclass(frozen=True)
class Ask:
    """One question. `name` is the keyword of the operation's `prepare`, and `--name` of the verb."""

    name: str
    label: Message
    kind: Kind = Kind.TEXT
    need: Need = Need.ALWAYS
    default: Callable[[Appliance], str] | None = None
    default_after: Callable[[Appliance, Answers], str] | None = None
    """Like `default`, where it depends on earlier answers; `menus.answers.default_text` reads both."""
    is_present: bool = False
    """The default is what stands there now, for an operator to go on from: a verb has to say what is to stand."""
    options: Callable[[Appliance], Sequence[Option]] | None = None
    choices: tuple[Option, ...] = ()
    """Words of the program to choose from, the same on every appliance."""
    options_after: Callable[[Appliance, Answers], Sequence[Option]] | None = None
    """Like `options`, where the list depends on earlier answers; `menus.answers.options_of` reads both."""
    none: Message = NOTHING
    """Said where the list is empty."""
    any_value: bool = False
    """The list only shows what lies here now: a verb takes whatever it is given, and does not look."""
    when: Callable[[Answers], bool] = always
    """Whether to ask at all, given the answers so far."""
    where: Callable[[Appliance], bool] | None = None
    """Whether a menu asks it on this appliance as it stands now; a verb may be given it all the same."""
    later: bool = False
    """At a menu it is asked once the Plan was seen, which then takes the answer; a verb says everything at once."""
    argument: bool = False
    """A positional word of the verb, not a flag."""
    many: bool = False
    """A tuple of values: the flag repeats; at a menu they are separated by spaces or commas."""
    flag: str = ""
    """The flag where it is not `--name` (`source` is `--from`)."""
    awaited: Awaited | None = None
    means_no: bool = False
    """Of a flag: `--no-…` says no, and a verb without it says yes."""
    word: str = ""
    """Of a flag: what alone says yes, typed whole (`YES`)."""
    help: Message | None = None
    help_after: Callable[[Appliance, Answers], Message] | None = None
    """Like `help`, where it depends on earlier answers; `menus.answers.with_help` reads both."""
    is_own: bool = False
    """The name of a user, of whom only a tanadmin sees others: anybody else means himself."""

    @property
    def from_stdin(self) -> bool:
        """Whether a verb reads it from stdin: texts and secrets never stand on a command line."""
        return self.kind in {Kind.PASTE, Kind.SECRET}

    @property
    def option(self) -> str:
        """The flag of the verb; of an answer `from_stdin` there is none."""
        return self.flag or "--" + self.name.replace("_", "-")


@dataclass(frozen=True)
class Verb:
    """One thing that can be done: `noun verb` on the command line, the same record behind a menu line."""

    name: str
    summary: Message
    operation: Operation[Any] | Inquiry
    asks: tuple[Ask, ...] = ()
    offer: Offer = EVERYWHERE
    word_flag: str = ""
    """A flag that stands for the typed word of the confirmation (`--replace`)."""
    follow: float = 0.0
    """Of an Inquiry: seconds after which a screen that shows it reads it anew, while it is looked at; 0: never."""
    first: Callable[[Appliance], None] | None = None
    """Raises a TanosError where no answer would do: a menu then asks nothing."""

    @property
    def changes(self) -> bool:
        """Whether it can change anything."""
        return isinstance(self.operation, Operation)


Hint = Callable[[Appliance, Answers], Message | None]
State = Callable[[Appliance], tuple[Section, ...]]


@dataclass(frozen=True)
class Item:
    """A menu line that leads to a verb, with some answers already given."""

    key: str
    label: Message
    verb: Verb
    preset: Answers = field(default_factory=dict)
    hint: Hint | None = None
    """What stands beside the line (`next step`, `2 kept`)."""
    help: Message | None = None

    @property
    def offer(self) -> Offer:
        """Where it is listed."""
        return self.verb.offer


@dataclass(frozen=True)
class Pick:
    """A list to choose one line from before a menu opens."""

    name: str
    title: Message
    options: Callable[[Appliance], Sequence[Option]]
    empty: Message
    is_own: bool = False
    """The list is of users, of whom only a tanadmin sees others than himself."""


@dataclass(frozen=True)
class Menu:
    """Lines under a title; `state` stands above them where there is state."""

    key: str
    label: Message
    entries: tuple["Menu | Item", ...]
    offer: Offer = EVERYWHERE
    pick: Pick | None = None
    state: State | None = None
    hint: Hint | None = None
    help: Message | None = None
    follow: float = 0.0
    """Seconds after which a screen reads the state anew, while it is looked at; 0: never."""


Entry = Menu | Item
