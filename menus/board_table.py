"""The board as a table that fits the width of a terminal.

Invariants: state is a word, which colour only repeats. A line is never wider than the width: what is long goes on
below, in its own column. Text of hosts is shown inert.
"""

import textwrap
from collections.abc import Iterator, Sequence

from menus.language import speak
from menus.shown import MARKS
from sftp.board.row import Pair, Row, Waiting
from tanos.exchange.ledger import STATES
from tanos.inert import inert
from tanos.message import N_
from tanos.platform import Role
from tanos.report import Mark

NARROWEST = 60
_GAP, _HELD = "  ", "\u00a0"
"""Between columns; and within what is not broken over two lines."""
_NEVER = 365 * 1000
"""Days; a root without an end is dated into the year 9999 (RFC 5280 4.1.2.5)."""
_COLOURS = {"ok": "32", "due": "33", "warn": "33", "fail": "31"}
_ROLES = {role.value: role.label for role in Role}
_CODE = 9
"""Characters of a check code that name it among few."""


def board_lines(rows: Sequence[Row], width: int, *, colour: bool) -> Iterator[str]:
    """Yield the lines of the board."""
    width = max(width, NARROWEST)
    heads = [speak(each) for each in (N_("state"), N_("host"), N_("role"), N_("days left"), N_("exchange"))]
    cells = [_cells(row) for row in rows]
    widths = _widths([heads, *cells], width)
    yield from _row_lines(heads, widths)
    for row, shown in zip(rows, cells, strict=True):
        first, *more = _row_lines(shown, widths)
        yield _coloured(first, shown[0], row.state) if colour else first
        yield from more
        yield from _next_lines(row, widths[0], width)


def count_line(rows: Sequence[Row]) -> str:
    """Return the line that sums it up."""
    due, failed = (sum(row.state == state for row in rows) for state in ("due", "fail"))
    said = N_(
        "{count} host: {due} with something due, {failed} without an answer.",
        "{count} hosts: {due} with something due, {failed} without an answer.",
        count=len(rows),
        due=due,
        failed=failed,
    )
    return speak(said)


def _cells(row: Row) -> list[str]:
    days = ", ".join(map(_days, row.pairs))
    role = speak(_ROLES[row.role]) if row.role in _ROLES else inert(row.role)
    return [speak(MARKS[Mark(row.state)]), inert(row.host), role or "-", days or "-", _exchanges(row) or "-"]


def _days(pair: Pair) -> str:
    left = str(pair.days_left) if pair.days_left < _NEVER else speak(N_("no end"))
    return f"{inert(pair.name)} {left}".replace(" ", _HELD)


def _exchanges(row: Row) -> str:
    return ", ".join(f"{_state(each)} {inert(each.check_code[:_CODE])}".replace(" ", _HELD) for each in row.exchanges)


def _state(exchange: Waiting) -> str:
    return speak(STATES[exchange.state]) if exchange.state in STATES else inert(exchange.state)


def _widths(table: Sequence[Sequence[str]], width: int) -> list[int]:
    """Return the widths of the columns: what they need, the fourth and the last less where that is too much."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    widths[1] = min(widths[1], width // 4)
    widths[2] = min(widths[2], width // 4)
    room = width - sum(widths[:3]) - len(_GAP) * (len(widths) - 1)
    if widths[3] + widths[4] > room:
        widths[4] = min(widths[4], max(room // 2, room - widths[3]))
        widths[3] = room - widths[4]
    return widths


def _row_lines(cells: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    columns = [
        textwrap.wrap(cell, wide, break_on_hyphens=False) or [""] for cell, wide in zip(cells, widths, strict=True)
    ]
    for number in range(max(map(len, columns))):
        parts = (column[number] if number < len(column) else "" for column in columns)
        padded = (part.ljust(wide) for part, wide in zip(parts, widths, strict=True))
        yield _GAP.join(padded).rstrip().replace(_HELD, " ")


def _next_lines(row: Row, indent: int, width: int) -> Iterator[str]:
    """Yield what is next on that host, below its row."""
    before = " " * (indent + len(_GAP))
    for said in dict.fromkeys(_next(row)):
        below = before + "  "
        yield from textwrap.wrap(said, width, initial_indent=before, subsequent_indent=below, break_on_hyphens=False)


def _next(row: Row) -> Iterator[str]:
    if row.problem:
        yield f"{inert(row.problem)}: {speak(row.reason)}"
    for pair in row.pairs:
        if pair.next:
            yield speak(N_("{name}: next is {verb}", name=pair.name, verb=f"`{pair.next}`"))
    for exchange in row.exchanges:
        if exchange.next:
            said = N_("exchange {code}: next is {verb}", code=exchange.check_code[:_CODE], verb=f"`{exchange.next}`")
            yield speak(said)
    if row.unanswered:
        said = N_(
            "{count} request in /incoming: next is {verb}",
            "{count} requests in /incoming: next is {verb}",
            count=row.unanswered,
            verb="`zone-server import-request`",
        )
        yield speak(said)
    if row.begin:
        yield speak(N_("no exchange has begun: next is {verb}", verb=f"`{row.begin}`"))
    for name, said_there in row.warnings:
        yield f"{inert(name)}: {inert(said_there)}"


def _coloured(line: str, word: str, state: str) -> str:
    return f"\x1b[{_COLOURS[state]}m{word}\x1b[0m{line[len(word) :]}"
