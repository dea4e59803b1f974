"""Lines of text before they have a place: wrapped by columns, never by bytes or characters.

Invariant: text to copy stands flush left, unwrapped where it fits, in the terminal's own colours; everything else is
indented by one column, so that the eye and a selection tell them apart.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from rich.text import Text

from menus.screens.look import Look, width_of

READABLE = 100
"""Columns beyond which a line of words is not made longer."""


@dataclass
class Body:
    """Lines that grow downwards. `blocks` are (first, last) lines of texts to copy; `focus` the chosen line."""

    width: int
    look: Look
    lines: list[Text] = field(default_factory=list)
    blocks: list[tuple[int, int]] = field(default_factory=list)
    focus: int | None = None

    @property
    def readable(self) -> int:
        """Columns that words may take."""
        return min(self.width, READABLE)

    @property
    def frees(self) -> int:
        """How many of the lines are free."""
        return sum(not line.plain for line in self.lines)

    def blank(self) -> None:
        """Leave a line free between two things, once."""
        if self.lines:
            self.free()

    def free(self) -> None:
        """Leave a line free, at the top too, once."""
        if not self.lines or self.lines[-1].plain:
            self.lines.append(Text())

    def say(self, text: str, style: str = "", indent: int = 1) -> None:
        """Add a sentence, wrapped."""
        for piece in wrapped(text, self.readable - indent):
            self.lines.append(Text(" " * indent + piece, style=style))

    def item(self, start: tuple[str, str], text: str, style: str = "") -> None:
        """Add words after a `start` of (text, style), wrapped beside it."""
        first, *rest = wrapped(text, max(self.width - width_of(start[0]), 2))
        self.row(start, (first, style))
        for piece in rest:
            self.row((" " * width_of(start[0]) + piece, style))

    def row(self, *pieces: tuple[str, str]) -> None:
        """Add one line of (text, style) pieces, cut at the width."""
        line = Text()
        for text, style in pieces:
            line.append(text, style=style)
        line.truncate(self.width)
        self.lines.append(line)

    def tighten(self, room: int, *, lower_first: bool = False) -> None:
        """Leave out free lines, the upper ones first unless told, where all else has room then."""
        over = len(self.lines) - room
        free = [number for number, line in enumerate(self.lines) if not line.plain]
        if not 0 < over <= len(free):
            return
        free = free[-over:] if lower_first else free[:over]
        self.lines = [line for number, line in enumerate(self.lines) if number not in free]
        if self.focus is not None:
            self.focus -= sum(number < self.focus for number in free)

    def flush_left(self, text: str) -> None:
        """Add text to copy, as it is; a line longer than the screen goes on below, flush left too."""
        first = len(self.lines)
        for line in text.rstrip("\n").split("\n"):
            self.lines.extend(Text(piece) for piece in chopped(line, self.width))
        self.blocks.append((first, len(self.lines)))


Writer = Callable[[Body], None]
"""Writes the body of a page at the width it has."""


def wrapped(text: str, width: int) -> list[str]:
    """Break `text` at spaces into lines of at most `width` columns; a longer word is broken."""
    lines, line = [], ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if width_of(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        *full, line = broken(word, width)
        lines.extend(full)
    return [*lines, line]


def broken(word: str, width: int) -> list[str]:
    """Break a word of more than `width` columns, after a sign such as `:` or `-` where a line has one."""
    pieces, width = [], max(width, 2)
    while width_of(word) > width:
        piece = chopped(word[: 2 * width + 2], width)[0]
        after_sign = max(piece.rfind(sign) for sign in ":-/,") + 1
        piece = piece[:after_sign] if 2 * after_sign > len(piece) else piece
        pieces.append(piece)
        word = word[len(piece) :]
    return [*pieces, word]


def chopped(text: str, width: int) -> list[str]:
    """Cut `text` into pieces of at most `width` columns."""
    pieces, piece, used = [], "", 0
    for char in text:
        columns = width_of(char)
        if used + columns > max(width, 2):
            pieces.append(piece)
            piece, used = "", 0
        piece, used = piece + char, used + columns
    return [*pieces, piece]


def padded(text: str, width: int) -> str:
    """Fill up with spaces to `width` columns, or cut to it with a sign that something is missing."""
    if width_of(text) > width:
        return chopped(text, max(width - 1, 2))[0] + "~"
    return text + " " * (width - width_of(text))
