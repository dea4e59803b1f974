"""Questions as lines: each Ask in order, its default in brackets, lists by number.

Invariant: a form is left by `R` or the end of input before anything was prepared; an answer that is not understood
is asked again.
"""

import termios
from typing import Any

from menus.answers import default_text, empty, explained, options_of, questions, standing, understood, with_help
from menus.item import Ask, Kind, Need, Option, Verb
from menus.language import speak
from menus.pasted import answer_line, read_paste
from menus.streams import Streams
from tanos.appliance import Appliance
from tanos.errors import WrongUse
from tanos.message import N_, Message
from tanos.pasting.awaited import Awaited
from tanos.secret import Secret


class Left(Exception):
    """The operator left the form."""


def ask_all(
    verb: Verb, answers: dict[str, Any], appliance: Appliance, streams: Streams, *, later: bool = False
) -> dict[str, Any]:
    """Return `answers` with all that the verb asks beyond them, or `later`, once its Plan was seen. Raises Left."""
    told = False
    for asked in questions(verb, answers, appliance, later=later):
        ask = with_help(asked, appliance, answers)
        options = options_of(ask, appliance, answers)
        if not told and _is_typed(ask, options):
            streams.show([speak(N_("Return takes what stands in brackets; R gives up; ? explains."))])
            told = True
        default = _default(ask, default_text(ask, appliance, answers))
        if ask.help and (ask.help_after or ask.word):
            streams.show([speak(ask.help)])
        answers[ask.name] = _answer(verb, ask, options, default, streams)
    return answers


def option_lines(options: tuple[Option, ...]) -> list[str]:
    """Return a list to choose from by number."""
    return [f"{number}  {speak(option.label)}" for number, option in enumerate(options, start=1)]


def _is_typed(ask: Ask, options: tuple[Option, ...]) -> bool:
    return ask.kind in {Kind.TEXT, Kind.FLAG} or bool(options)


def _answer(verb: Verb, ask: Ask, options: tuple[Option, ...], default: str, streams: Streams) -> Any:
    if ask.kind is Kind.PASTE:
        pasted = read_paste(streams, ask.awaited or Awaited.REQUEST)
        if pasted is None:
            raise Left
        return pasted
    if ask.kind is Kind.SECRET:
        return typed_unseen(ask.label, streams)
    if ask.kind is Kind.CHOICE:
        if not options and ask.need is Need.OPTIONAL:
            return empty(ask)
        _show_options(ask, options, streams)
    return _typed(verb, ask, default, options, streams)


def _typed(verb: Verb, ask: Ask, default: str, options: tuple[Option, ...], streams: Streams) -> Any:
    """Ask until the answer is understood."""
    while True:
        typed = _line(_prompt(ask, default), streams)
        if typed == "?":
            streams.show([speak(words) for words in explained(ask, verb)])
            continue
        if not typed and default:
            return standing(ask, default)
        if not typed and ask.need is Need.OPTIONAL:
            return empty(ask)
        if not typed:
            streams.show([speak(N_("An answer is needed."))])
            continue
        try:
            return understood(ask, typed, options)
        except WrongUse as error:
            streams.show([speak(error.message), speak(error.remedy)])


def _default(ask: Ask, default: str) -> str:
    return default or ("n" if ask.kind is Kind.FLAG and not ask.word else "")


def _prompt(ask: Ask, default: str) -> Message:
    choice = N_(" (y/n)") if ask.kind is Kind.FLAG and not ask.word else ""
    if default:
        return N_("{label}{choice} [{default}]: ", label=ask.label, choice=choice, default=default)
    return N_("{label}{choice}: ", label=ask.label, choice=choice)


def _line(prompt: Message, streams: Streams) -> str:
    typed = answer_line(streams, speak(prompt))
    if typed is None or gives_up(typed):
        raise Left
    return typed.strip()


def gives_up(typed: str) -> bool:
    """Say whether an answer leaves the form."""
    return typed.strip().casefold() in {"r", "rr"}


def _show_options(ask: Ask, options: tuple[Option, ...], streams: Streams) -> None:
    streams.show([speak(ask.label), *option_lines(options)])
    if not options:
        streams.show([speak(ask.none)])
        raise Left


def typed_unseen(label: Message, streams: Streams) -> Secret:
    """Return what is typed unseen at a terminal, or read as a line. Raises Left where nothing comes."""
    prompt = speak(N_("{label}: ", label=label))
    if not streams.source.is_terminal:
        return Secret(_typed_or_left(streams.prompt(prompt)))
    terminal = streams.source.descriptor
    before, unseen = termios.tcgetattr(terminal), termios.tcgetattr(terminal)
    unseen[3] &= ~termios.ECHO
    termios.tcsetattr(terminal, termios.TCSADRAIN, unseen)
    try:
        typed = streams.prompt(prompt)
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
    streams.show([""])
    return Secret(_typed_or_left(typed))


def _typed_or_left(typed: str | None) -> str:
    if typed is None:
        raise Left
    return typed
