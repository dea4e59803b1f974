"""How each kind of section looks at 80 columns and more.

Invariant: the words are those of the other faces; a mark is a word, its colour only repeats it.
"""

from collections.abc import Sequence

from menus.screens.body import Body, padded, wrapped
from menus.screens.look import width_of
from menus.shown import MARKS, SEVERITIES
from tanos.finding import Finding, Severity
from tanos.inert import inert
from tanos.message import N_, Message
from tanos.report import CopyText, Fact, Facts, Mark, Say, Section, Table, Words

LABEL = 26
"""Columns that the labels of facts may take."""
BETWEEN = " " * 3
"""Between the cells of a row that is written as a record."""
LINES = 3
"""Of a row of a table, at most."""
_GRAVITY = {Severity.REFUSE: Mark.FAIL, Severity.WARN: Mark.WARN, Severity.NOTE: None}


def write_sections(body: Body, sections: Sequence[Section], headline: Words = "") -> None:
    """Write sections with a free line between different kinds; a `headline` stands in the first title of a copy."""
    before: type[Section] | None = None
    for section in sections:
        if not isinstance(section, Say) or before not in {CopyText, Say}:
            body.blank()
        before = type(section)
        if isinstance(section, Facts):
            _facts(body, section)
        elif isinstance(section, Table):
            _table(body, section)
        elif isinstance(section, CopyText):
            _copy(body, section, body.look.words(headline))
            headline = ""
        else:
            _say(body, section)


def write_findings(body: Body, findings: Sequence[Finding], said: Message | None = None) -> None:
    """Write each finding: how grave, its id, why, and what to do unless that was `said`."""
    for finding in findings:
        body.blank()
        style = body.look.mark(_GRAVITY[finding.severity])
        body.row(("  ", ""), (body.look.words(SEVERITIES[finding.severity]), style), (f"  {finding.id}", "bold"))
        body.say(body.look.words(finding.message), indent=4)
        if finding.remedy != said:
            body.say(body.look.words(finding.remedy), indent=4)


def _facts(body: Body, facts: Facts) -> None:
    labels = [body.look.words(fact.label) for fact in facts.rows]
    column = min(max((width_of(label) for label in labels), default=0), LABEL)
    for fact, label in zip(facts.rows, labels, strict=True):
        _fact(body, fact, label, column)


def _fact(body: Body, fact: Fact, label: str, column: int) -> None:
    mark = body.look.words(MARKS[fact.mark]) if fact.mark else ""
    room = body.readable - column - 5 - (width_of(mark) + 2 if mark else 0)
    *before, last = wrapped(body.look.words(fact.value), room)
    starts = [f"  {padded(label, column)}  ", *[" " * (column + 4)] * len(before)]
    for start, piece in zip(starts, before, strict=False):
        body.row((start, ""), (piece, ""))
    tail = (("  ", ""), (mark, body.look.mark(fact.mark))) if mark else ()
    body.row((starts[-1], ""), (last, ""), *tail)


def _table(body: Body, table: Table) -> None:
    if not table.rows:
        body.say(body.look.words(table.empty), indent=2)
        return
    rows = [[body.look.words(cell) for cell in row] for row in table.rows]
    heads = [body.look.words(head) for head in table.columns]
    widths = shared_widths([heads, *rows], body.width - 3)
    if widths is None:
        for row in rows:
            _record(body, heads, row)
        return
    _line(body, heads, widths, "bold")
    for row in rows:
        _line(body, row, widths, "")


def shared_widths(rows: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """Return the columns that each cell of a row may take; None where a word would have to be broken.

    What is too wide gives way, the widest first, by going on in a second line of its row.
    """
    columns = list(zip(*rows, strict=True))
    widths = [max(map(width_of, cells)) for cells in columns]
    fewest = [max(_fewest(cell) for cell in cells) for cells in columns]
    too_many = sum(widths) + 2 * (len(widths) - 1) - room
    while too_many > 0:
        yielding = [at for at, width in enumerate(widths) if width > fewest[at]]
        if not yielding:
            return None
        widths[max(yielding, key=lambda at: widths[at])] -= 1
        too_many -= 1
    return widths


def _fewest(cell: str) -> int:
    """Return the columns that a cell needs: for its longest word, and for no more than LINES lines."""
    return max(*map(width_of, cell.split(" ")), -(-width_of(cell) // LINES))


def _line(body: Body, cells: Sequence[str], widths: Sequence[int], style: str) -> None:
    pieces = [wrapped(cell, width) for cell, width in zip(cells, widths, strict=True)]
    for at in range(max(map(len, pieces))):
        parts = (
            padded(each[at] if at < len(each) else "", width) for each, width in zip(pieces, widths, strict=True)
        )
        body.row(("  ", ""), ("  ".join(parts).rstrip(), style))


def _record(body: Body, heads: Sequence[str], cells: Sequence[str]) -> None:
    """Write a row that has no room in columns: head and cell together, never broken where a line holds them."""
    body.blank()
    room, line, style = body.readable - 3, "", "bold"
    for head, cell in zip(heads, cells, strict=True):
        piece = f"{head}: {cell}" if head and cell else cell
        if line and (style or width_of(line) + len(BETWEEN) + width_of(piece) > room):
            body.say(line, style, indent=2)
            line, style = "", ""
        line += (BETWEEN if line and piece else "") + piece
    body.say(line, style, indent=2)


def _copy(body: Body, copy: CopyText, headline: str) -> None:
    title = body.look.words(copy.title)
    body.say(f"{headline}{body.look.letters(' · ')}{title}" if headline not in {"", title} else title, "bold")
    if copy.check_code:
        compare = body.look.words(N_("Compare on the other terminal:"))
        body.row((f" {compare}  ", ""), (body.look.words(copy.check_code), "bold"))
    body.blank()
    body.flush_left(body.look.letters(_as_it_is(copy.text)))
    if copy.file:
        body.say(body.look.words(N_("Also in {file}.", file=copy.file)))


def _as_it_is(text: str) -> str:
    """Return text to copy line by line, each made inert on its own."""
    return "\n".join(inert(line) for line in text.splitlines())


def _say(body: Body, say: Say) -> None:
    if say.mark is None:
        body.say(body.look.words(say.message), indent=2)
        return
    word = padded(body.look.words(MARKS[say.mark]), 4)
    first, *rest = wrapped(body.look.words(say.message), body.readable - 4 - width_of(word))
    body.row(("  ", ""), (word, body.look.mark(say.mark)), (f"  {first}", ""))
    for piece in rest:
        body.row((" " * (4 + width_of(word)) + piece, ""))
