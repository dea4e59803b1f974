"""A page of the screens as a person reads it: head, body, notice, prompt, foot; tables read row by row."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

ROWS, BELOW = 24, 3
_SCROLL = re.compile(r"lines (\d+) to (\d+) of (\d+)")
_SGR = re.compile(r"\x1b\[([\d;]*)m")


@dataclass(frozen=True)
class Row:
    """One row: its text, and whether all of it is bold and nothing more."""

    text: str
    bold: bool = False


class Page:
    """24 rows, as tmux captured them with their colours."""

    def __init__(self, captured: str) -> None:
        rows = list(_rows(captured))
        self.rows = (rows + [Row("")] * ROWS)[:ROWS]

    def __str__(self) -> str:
        return "\n".join(row.text for row in self.rows)

    @property
    def prompt(self) -> str:
        """What is asked at the moment."""
        return self.rows[-BELOW].text.strip()

    @cached_property
    def scroll(self) -> tuple[int, int, int] | None:
        """First and last line in sight, and how many there are; None where all are."""
        found = _SCROLL.search(self.rows[-BELOW + 1].text)
        return (int(found[1]), int(found[2]), int(found[3])) if found else None

    @property
    def numbered(self) -> Iterator[tuple[int, Row]]:
        """The lines in sight with their numbers."""
        assert self.scroll
        first, last, _ = self.scroll
        top = ROWS - BELOW - (last - first + 1)
        for number in range(first, last + 1):
            yield number, self.rows[top + number - first]

    @property
    def lines(self) -> tuple[Row, ...]:
        """The body where all of it is in sight."""
        rule = self.rows[2].text.strip()
        head = 3 if rule and set(rule) <= set("-─") else 1
        return tuple(self.rows[head:-BELOW])

    @property
    def notice(self) -> tuple[str, ...]:
        """What stands above the prompt, below the last free row."""
        above = [row.text for row in self.rows[:-BELOW]]
        last = max(number for number, text in enumerate(above) if not text.strip())
        return tuple(above[last + 1 :])


def read(rows: tuple[Row, ...]) -> tuple[str, ...]:
    """Return the lines of a body; a row of a table as its cells, each after its head.

    What has no first cell goes on with the cells of the row above.
    """
    lines: list[str] = []
    starts: list[int] = []
    names: list[str] = []
    cells: list[str] = []
    for row in (*rows, Row("")):
        below = _cells(row.text, starts) if starts and row.text.strip() else []
        if cells and below and not below[0]:
            cells = [f"{cell} {more}".strip() for cell, more in zip(cells, below, strict=True)]
            continue
        if cells:
            lines.append(" ".join(f"{name} {cell}" for name, cell in zip(names, cells, strict=True) if cell))
        cells = below
        if cells:
            continue
        heads = row.bold and re.match(r"  \S", row.text) and re.search(r"\S {2,}\S", row.text)
        if heads and not starts:
            starts = [found.start() for found in re.finditer(r"(?<=  )\S", row.text)]
            names = _cells(row.text, starts)
            continue
        starts = []
        lines.append(row.text)
    return tuple(lines)


def _cells(text: str, starts: list[int]) -> list[str]:
    return [text[start:end].strip() for start, end in zip(starts, [*starts[1:], None], strict=True)]


def _rows(captured: str) -> Iterator[Row]:
    """Follow the colours through the text."""
    attributes: set[str] = set()
    for line in captured.split("\n"):
        text, bold, at = "", True, 0
        for found in (*_SGR.finditer(line), None):
            piece = line[at : found.start() if found else None]
            text += piece
            bold = bold and (not piece.strip() or attributes == {"1"})
            if found:
                at = found.end()
                attributes = _after(attributes, found[1])
        yield Row(text.rstrip(), bold and bool(text.strip()))


def _after(attributes: set[str], codes: str) -> set[str]:
    found = set(attributes)
    for code in codes.split(";"):
        if code in {"", "0"}:
            found = set()
        elif code in {"39", "49"}:
            found = {each for each in found if not each.startswith(("3", "9", "4"))}
        else:
            found.add(code)
    return found
