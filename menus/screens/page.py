"""One page: what it says, where it is scrolled to, and how it is laid out on a terminal of any size.

Invariant: laying out is pure. It returns exactly as many lines as the terminal has rows, none wider than it, so that
nothing that is shown can push the prompt off the screen.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rich.text import Text

from menus.screens.body import Body, Writer, chopped, padded, wrapped
from menus.screens.editor import Editor
from menus.screens.look import Look, width_of
from tanos.message import N_
from tanos.report import Mark, Words

TALL_HEAD, SHORT_HEAD, BELOW = 3, 1, 3
"""Rows of the head (with its rule, or one line where the body needs the room), and of prompt, rule and foot."""

TOP_FREES = 2
"""Free lines round the title of a body: no others are given up, so that what is parted below it stays so."""
ABOVE_COPY = 3
"""Lines above a text to copy that belong to it: title, check code, a free one."""


@dataclass(frozen=True)
class Masthead:
    """What every page says about where one is: appliance, role and release, user."""

    fqdn: str
    role: Words
    user: str


@dataclass(frozen=True)
class Notice:
    """What the last answer came to; stands above the prompt until the next. Pages share some."""

    words: tuple[Words, ...] = ()
    mark: Mark | None = None


@dataclass
class Page:
    """One page and its place in the menus."""

    title: Words
    path: Words
    write: Writer
    prompt: Words = ""
    hints: Words = ""
    aside: Words = ""
    """Stands at the right of the foot: the verb of the chosen line."""
    notice: Notice = field(default_factory=Notice)
    rows: int = 0
    """Lines that arrows choose from; without any, arrows scroll."""
    chosen: int | None = None
    top: int = 0
    fresh: bool = True
    """Not laid out yet: a text to copy that fits is brought into sight whole."""
    follow_focus: bool = False
    is_titled: bool = False
    """The body says what it is about, whatever the head says."""
    renew: Callable[[], None] | None = None
    """Reads anew what the page says; of a page that says the same until it is left there is none."""
    jump: int = 0
    """Pages to scroll at the next layout: it alone knows how tall the body is."""


@dataclass(frozen=True)
class Sheet:
    """A laid-out page: its lines and where the cursor stands."""

    lines: list[Text]
    cursor: tuple[int, int] | None


def lay_out(page: Page, head: Masthead, editor: Editor | None, look: Look, width: int, height: int) -> Sheet:
    """Place a page on `width` columns and `height` rows."""
    body = Body(width, look)
    page.write(body)
    notice = _notice(page, look, width)[: max(0, height - 8)]
    room = height - BELOW - len(notice)
    tall = _is_tall(page, body, room)
    heads = _tall_head(page, head, look, width) if tall else [_short_head(page, head, look, width)]
    room = max(1, room - len(heads))
    if not body.blocks and (page.rows or (page.is_titled and len(body.lines) - room <= TOP_FREES)):
        body.tighten(room, lower_first=bool(page.rows))
    _scroll(page, body, room)
    shown = body.lines[page.top : page.top + room]
    shown += [Text()] * (room - len(shown))
    prompt, cursor = _prompt(page, editor, look, width)
    below = [_rule(page, body, room, look, width), _foot(page, look, width)] if height > BELOW else []
    lines = [*heads, *shown, *notice, prompt, *below][-height:]
    where = None if cursor is None else (cursor, height - 1 - len(below))
    return Sheet([_clipped(line, width) for line in lines], where)


def _is_tall(page: Page, body: Body, room: int) -> bool:
    """Say whether the head takes all its rows: not where the page has room as a whole without them.

    One that does not say its title itself keeps them, and so does one that has to be turned anyway.
    """
    over = len(body.lines) - (room - TALL_HEAD)
    if body.blocks or over <= 1 or not page.is_titled:
        return over <= 0 or not body.blocks
    return len(body.lines) - min(body.frees, TOP_FREES) > room - SHORT_HEAD


def _tall_head(page: Page, head: Masthead, look: Look, width: int) -> list[Text]:
    role, user = look.words(head.role), look.words(head.user)
    top = Text(padded(f" {look.words(head.fqdn)}", max(4, width - width_of(role) - 2)) + f" {role}")
    path = look.words(page.path)
    second = Text(f" {path}  ")
    second.append(padded(look.words(page.title), max(4, width - width_of(path + user) - 5)), style="bold")
    second.append(f" {user}")
    return [top, second, Text(look.rule * width)]


def _short_head(page: Page, head: Masthead, look: Look, width: int) -> Text:
    path = look.words(page.path)
    who = look.letters(f"{look.words(head.fqdn)} · {look.words(head.role)} · {look.words(head.user)}")
    return Text(padded(f" {who}", width - width_of(path) - 1) + path)


def _notice(page: Page, look: Look, width: int) -> list[Text]:
    if not page.notice.words:
        return []
    said = " ".join(look.words(words) for words in page.notice.words)
    style = look.mark(page.notice.mark)
    return [Text(), *(Text(" " + piece, style=style) for piece in wrapped(said, min(width, 100) - 2))]


def _scroll(page: Page, body: Body, room: int) -> None:
    last = max(0, len(body.lines) - room)
    if page.follow_focus and body.focus is not None:
        page.top = min(max(page.top, body.focus - room + 1), body.focus)
    if page.fresh:
        page.top = next((end - room for start, end in body.blocks if end > room >= end - start + ABOVE_COPY), 0)
        page.fresh = False
    for _ in range(abs(page.jump)):
        page.top = _turned(page.top, body.blocks, room) if page.jump > 0 else page.top - max(1, room - 1)
    page.follow_focus, page.jump = False, 0
    page.top = min(max(page.top, 0), last)


def _turned(top: int, blocks: Sequence[tuple[int, int]], room: int) -> int:
    """Turn one page down, but stop where a text to copy begins that can then be seen whole."""
    for first, last in blocks:
        if top < first < top + room < last and last - first <= room:
            return first
    return top + max(1, room - 1)


def _prompt(page: Page, editor: Editor | None, look: Look, width: int) -> tuple[Text, int | None]:
    label = chopped(look.words(page.prompt), max(width - 12, 2))[0]
    line = Text(f" {label}" if label else "")
    if editor is None:
        return line, None
    room = max(1, width - width_of(line.plain) - 2)
    before = look.letters(editor.shown[: editor.at])[-4 * room :]
    while width_of(before) >= room:
        before = before[1:]
    after = look.letters(editor.shown[editor.at :])
    line.append(before + after, style="underline" if editor.untouched and editor.text else "bold")
    return line, min(width - 1, width_of(f" {label}" if label else "") + width_of(before))


def _rule(page: Page, body: Body, room: int, look: Look, width: int) -> Text:
    if len(body.lines) <= room:
        return Text(look.rule * width)
    last = min(page.top + room, len(body.lines))
    where = look.words(
        N_("lines {first} to {last} of {all} · PageUp, PageDown", first=page.top + 1, last=last, all=len(body.lines))
    )
    return Text(look.rule * max(0, width - width_of(where) - 4) + f" {where} " + look.rule * 2)


def _foot(page: Page, look: Look, width: int) -> Text:
    aside = look.words(page.aside)
    hints = _whole(look.words(page.hints), look.letters(" · "), width - 1)
    if not aside or width_of(hints) + width_of(aside) + 4 > width:
        return Text(" " + (aside or hints))
    return Text(padded(" " + hints, width - width_of(aside) - 2) + " " + aside)


def _whole(hints: str, between: str, width: int) -> str:
    """Leave out the last hints that have no room, so that none is cut."""
    while between in hints and width_of(hints) > width:
        hints = hints.rpartition(between)[0]
    return hints


def _clipped(line: Text, width: int) -> Text:
    if width_of(line.plain) > width:
        line.truncate(width)
    return line
