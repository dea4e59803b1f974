"""The menus: one page a place, lines chosen by key and Return, by arrows, or by a chain from the main menu.

Invariant: each showing reads the tree and the state anew, so that what changed meanwhile is seen.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum

from menus.above import sections_above
from menus.item import Entry, Item
from menus.language import speak
from menus.perform import turned_away
from menus.screens.body import Body, padded
from menus.screens.desk import Back, Desk
from menus.screens.errand import run_errand
from menus.screens.following import following
from menus.screens.help import explain
from menus.screens.look import width_of
from menus.screens.page import Notice, Page
from menus.screens.run import Cancelled, attend
from menus.screens.sections import write_sections
from menus.shown import reference_of
from menus.walk import Way, choices, keyed, listed
from tanos import __version__, deeds
from tanos.errors import TanosError
from tanos.message import N_
from tanos.operation import Tell
from tanos.report import Mark, Say, Section, Words


class Own(Enum):
    """What this face answers itself."""

    NOTHING = ""
    BACK = "r"
    MAIN = "rr"
    HELP = "?"
    SIGN_OUT = "z"


@dataclass(frozen=True)
class Line:
    """One line to choose: what is typed, what it says, what stands beside it."""

    key: str
    label: Words
    beside: Words = ""
    entry: Entry | None = None
    apart: bool = False
    """A free line stands above it."""


async def converse(desk: Desk) -> int:
    """Serve menus until the operator signs out; return the exit status."""
    way, notice, ahead = Way(desk.root, desk.call("")), Notice(), ""
    while True:
        typed = (ahead or await _asked(desk, way, notice)).strip()
        notice, ahead = Notice(), ""
        match _meaning(way, typed):
            case Own.NOTHING:
                continue
            case Own.SIGN_OUT:
                return 0
            case Own.HELP:
                await explain(desk, way)
            case Own.BACK:
                way.back()
            case Own.MAIN:
                way.main()
            case _:
                try:
                    errand = way.go(typed)
                except TanosError as error:
                    notice = await desk.unknown(await _refused(desk, way, typed, error))
                    continue
                ahead = await run_errand(desk, errand) if errand else ""


async def _refused(desk: Desk, way: Way, typed: str, error: TanosError) -> Notice:
    """Audit a line that is not offered, and say why nothing was chosen."""

    async def audited(_: Tell) -> None:
        turned_away(way.call, way.meant(typed), error)

    with suppress(Cancelled):
        await attend(desk, way.here, audited, N_("Writing it down …"))
    said = (reference_of(error),) if error.reference else ()
    return Notice((error.message, error.remedy, *said), Mark.FAIL)


def _meaning(way: Way, typed: str) -> Own | str:
    """Return one of our own keys, or what was typed: a line of this menu may use such a key for itself."""
    word = typed.casefold()
    if not way.here.picking and word in {entry.key.casefold() for entry in listed(way.here, way.call)}:
        return typed
    if word == Own.SIGN_OUT.value and not way.is_main:
        return typed
    return Own(word) if word in {own.value for own in Own} else typed


async def _asked(desk: Desk, way: Way, notice: Notice) -> str:
    lines, state = _lines(way), list(_state(way))
    page = _page(way, lines, notice, state)

    async def read() -> tuple[Section, ...]:
        return _state(way)

    def take(now: tuple[Section, ...]) -> None:
        state[:] = now

    def hint(text: str) -> None:
        typed = next((line for line in lines if text and line.key.casefold() == text.strip().casefold()), None)
        chosen = typed or (lines[page.chosen] if page.chosen is not None else None)
        page.aside = _verb(chosen)

    try:
        with following(desk, page, way.here.menu.follow, read, take):
            typed = await desk.line(page, live=hint)
    except Back:
        return Own.BACK.value
    if not typed.strip() and page.chosen is not None:
        return lines[page.chosen].key
    return typed


def _page(way: Way, lines: list[Line], notice: Notice, state: list[Section]) -> Page:
    def renew() -> None:
        state[:] = _state(way)

    page = Page(
        title=N_("tanos {version}", version=__version__) if way.is_main else way.here.title,
        path=N_("main menu") if way.is_main else way.here.path,
        write=lambda body: _write(body, state, lines, page.chosen),
        prompt=N_("Select: "),
        hints=N_("key and Return · {status:key} jumps · ? help", status=deeds.SHOW_STATUS)
        if way.is_main
        else N_("key and Return · R back · RR main menu · ? help"),
        notice=notice,
        rows=len(lines),
        renew=renew,
    )
    return page


def _lines(way: Way) -> list[Line]:
    if way.here.picking:
        options = choices(way.here, way.call)
        lines = [Line(key, option.label) for key, option in keyed(options)]
    else:
        lines = []
        for entry in listed(way.here, way.call):
            apart = bool(lines) and lines[-1].key[:1].isdigit() and not entry.key[:1].isdigit()
            lines.append(Line(entry.key, entry.label, _beside(way, entry), entry, apart))
    taken = {line.key.casefold() for line in lines}
    own = Line("Z", N_("Log out"), apart=True) if way.is_main else Line("R", N_("Back"), apart=True)
    return lines if own.key.casefold() in taken else [*lines, own]


def _beside(way: Way, entry: Entry) -> Words:
    if entry.hint is None:
        return ""
    try:
        return entry.hint(way.call.appliance, way.here.bound) or ""
    except TanosError as error:
        return error.message


def _verb(line: Line | None) -> Words:
    return N_("verb: {verb}", verb=line.entry.verb.name) if line and isinstance(line.entry, Item) else ""


def _state(way: Way) -> tuple[Section, ...]:
    menu = way.here.menu
    if menu.pick and way.here.picking:
        return () if choices(way.here, way.call) else (Say(menu.pick.empty),)
    try:
        return sections_above(menu, way.call)
    except TanosError as error:
        return Say(error.message, Mark.FAIL), Say(error.remedy)


def _write(body: Body, state: Sequence[Section], lines: list[Line], chosen: int | None) -> None:
    write_sections(body, state)
    body.free()
    keys = max(width_of(line.key) for line in lines)
    labels = max((width_of(speak(line.label)) for line in lines if line.beside), default=0)
    column = min(max(labels, 34), body.readable - 20 - keys)
    for number, line in enumerate(lines):
        if line.apart:
            body.free()
        here = number == chosen
        if here:
            body.focus = len(body.lines)
        label, style = body.look.words(line.label), "reverse" if here else ""
        beside = body.look.words(line.beside)
        body.row(
            ("  > " if here else "    ", "bold"),
            (line.key + " " * (keys - width_of(line.key) + 3), "bold"),
            (padded(label, column) if beside else label, style),
            (f"  {beside}" if beside else "", ""),
        )
