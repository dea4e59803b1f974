"""The questions of an item, one after the other on one page, each with its default.

Invariant: an answer once given is kept: Escape goes back one question, and another try after a refusal begins with
what was given before. A word that shows that one has read is typed each time.
"""

from itertools import takewhile
from typing import Any

from menus.answers import default_text, empty, explained, only_asked, options_of, questions, understood, with_help
from menus.item import Answers, Ask, Kind, Need, Option
from menus.screens.body import Body, padded
from menus.screens.desk import Back, Desk, gives_up
from menus.screens.editor import Editor
from menus.screens.look import width_of
from menus.screens.page import Notice, Page
from menus.screens.paste import take_paste
from menus.walk import Errand
from tanos.errors import WrongUse
from tanos.message import N_, Message
from tanos.report import Mark, Words


class Form:
    """The answers of one errand."""

    def __init__(self, desk: Desk, errand: Errand) -> None:
        self._desk = desk
        self._errand = errand
        self._typed: dict[str, str] = {}
        self._said: dict[str, str] = {}
        """Answers as they stand above the later questions: of a choice its label."""
        self.asked_something = False

    async def answers(self) -> dict[str, Any]:
        """Ask all questions; return every answer the verb asks for. Raises Back where the operator gives up."""
        return await self._asked(only_asked(self._errand.item.verb, self._errand.answers))

    async def later(self, known: Answers) -> dict[str, Any]:
        """Ask what is asked once the Plan was seen, given the answers before it. Raises Back."""
        return await self._asked(known, later=True)

    async def _asked(self, known: Answers, *, later: bool = False) -> dict[str, Any]:
        given: dict[str, Any] = {}
        while True:
            answers = dict(known)
            try:
                for ask in questions(self._errand.item.verb, answers, self._desk.appliance, later=later):
                    if ask.name not in given:
                        given[ask.name] = await self._answer(ask, answers)
                    answers[ask.name] = given[ask.name]
            except Back as back:
                if back.typed or not given:
                    raise
                given.popitem()
                continue
            return answers

    async def _answer(self, ask: Ask, answers: Answers) -> Any:
        options = options_of(ask, self._desk.appliance, answers)
        if ask.kind is Kind.CHOICE and not options and ask.need is Need.OPTIONAL:
            return empty(ask)
        self.asked_something = True
        ask = with_help(ask, self._desk.appliance, answers)
        if ask.kind is Kind.PASTE:
            return await take_paste(self._desk, self._errand, ask)
        return await self._line(ask, options, default_text(ask, self._desk.appliance, answers))

    async def _line(self, ask: Ask, options: tuple[Option, ...], default: str) -> Any:
        editor = self._editor(ask, default)
        page = self._page(ask, options, editor.text)
        while True:
            typed = await self._desk.line(page, editor)
            if ask.kind is not Kind.SECRET and gives_up(typed):
                raise Back(typed)
            if ask.kind is not Kind.SECRET and typed.strip() == "?":
                page.notice = Notice(explained(ask, self._errand.item.verb))
                editor = self._editor(ask, default)
                continue
            try:
                value = self._understood(ask, typed, options)
            except WrongUse as error:
                page.notice = Notice((error.message, error.remedy), Mark.FAIL)
                editor = self._editor(ask, default)
                continue
            self._typed[ask.name] = "" if ask.kind is Kind.SECRET else typed.strip()
            labels = [self._desk.look.words(each.label) for each in options if each.value == value]
            self._said[ask.name] = labels[0] if labels else self._typed[ask.name]
            return value

    def _understood(self, ask: Ask, typed: str, options: tuple[Option, ...]) -> Any:
        if typed.strip():
            return understood(ask, typed, options)
        if ask.need is Need.OPTIONAL:
            return empty(ask)
        raise WrongUse("missing-answer", N_("An answer is needed here."), N_("R gives up."))

    def _editor(self, ask: Ask, default: str) -> Editor:
        known = "" if ask.word else self._typed.get(ask.name) or default or ("n" if _is_yes_or_no(ask) else "")
        if ask.kind is Kind.SECRET:
            return Editor(secret=True, takes_paste=True)
        return Editor(known, takes_paste=ask.kind is Kind.TEXT)

    def _page(self, ask: Ask, options: tuple[Option, ...], default: str) -> Page:
        label = self._desk.look.words(ask.label)
        return Page(
            title=self._errand.title,
            path=self._errand.path,
            write=lambda body: self._write(body, ask, [option.label for option in options]),
            prompt=N_("{label} (y/n): ", label=label) if _is_yes_or_no(ask) else N_("{label}: ", label=label),
            hints=_hints(ask, default, is_empty=ask.kind is Kind.CHOICE and not options),
        )

    def _write(self, body: Body, ask: Ask, options: list[Words]) -> None:
        words = body.look.words
        body.free()
        body.say(words(ask.help or self._errand.item.help or self._errand.item.verb.summary))
        given = [(words(known.label), self._said[known.name]) for known in self._known(ask)]
        if given:
            body.free()
            column = max(width_of(label) for label, _ in given)
            for label, value in given:
                body.item((f"  {padded(label, column)}  ", ""), words(value), "bold")
        if ask.kind is Kind.CHOICE:
            body.free()
            for number, option in enumerate(options, start=1):
                body.item((f"    {number:<4}", "bold"), words(option))
            if not options:
                body.say(words(ask.none), indent=2)

    def _known(self, ask: Ask) -> list[Ask]:
        before = takewhile(lambda each: each.name != ask.name, self._errand.item.verb.asks)
        return [known for known in before if self._typed.get(known.name)]


def _is_yes_or_no(ask: Ask) -> bool:
    return ask.kind is Kind.FLAG and not ask.word


def _hints(ask: Ask, default: str, *, is_empty: bool) -> Words:
    """Return what the keys do here; `default` stands in the field, and nothing is in the list where it `is_empty`."""
    if ask.kind is Kind.SECRET:
        return N_("nothing is shown while you type · Esc goes back")
    if is_empty and not default:
        return N_("R gives up · ? explains")
    return N_("{what} · Esc one question back · R gives up · ? explains", what=_typed(ask, default))


def _typed(ask: Ask, default: str) -> Message:
    if ask.kind is Kind.CHOICE:
        return N_("Return takes it, or a number") if default else N_("number and Return")
    if ask.many:
        return N_("several, with spaces between")
    return N_("Return takes it, or type over it") if default else N_("type it and Return")
