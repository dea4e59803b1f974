"""What is shown: facts, tables, text to copy and sentences, in order, without a word about how.

Every face renders the same sections: screens as widgets, plain as lines, command as text or as the `data` of the
Plan or Result that carries them.
"""

from dataclasses import dataclass
from enum import StrEnum

from tanos.message import Message
from tanos.secret import Secret

Words = Message | str
"""A Message is translated; a str is data (a name, a path, a code) and is shown inert."""


class Mark(StrEnum):
    """State as a word; colour only repeats it."""

    OK = "ok"
    WAIT = "wait"
    DUE = "due"
    FAIL = "fail"
    WARN = "warn"


@dataclass(frozen=True)
class Fact:
    """One labelled value."""

    label: Message
    value: Words
    mark: Mark | None = None


@dataclass(frozen=True)
class Facts:
    """Labelled values, one a line."""

    rows: tuple[Fact, ...]


@dataclass(frozen=True)
class Table:
    """Rows under column heads; `empty` is said where there is no row."""

    columns: tuple[Message, ...]
    rows: tuple[tuple[Words, ...], ...]
    empty: Message


@dataclass(frozen=True)
class CopyText:
    """Text to copy, shown flush left with nothing beside it; its check code stands above."""

    title: Message
    text: str
    check_code: str = ""
    file: str = ""
    """Where the same text lies as a file, as tancopy sees it."""
    is_last: bool = False
    """Below the rest, and not above it: where what is copied was read and compared before."""


@dataclass(frozen=True)
class Say:
    """One sentence."""

    message: Message
    mark: Mark | None = None


def shown_once(label: Message, secret: Secret) -> Facts:
    """Return what shows a secret the one time that it is told, without a mark that would be copied with it."""
    return Facts((Fact(label, secret.reveal().decode()),))


Section = Facts | Table | CopyText | Say
