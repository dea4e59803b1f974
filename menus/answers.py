"""From what was typed to what an operation takes, by the same rules for every face.

Invariant: an operation gets every answer its verb asks for; one that was not asked for, or left out, is empty (`""`,
`b""`, `()`, False). Questions are taken in order, so that `when` sees all earlier answers.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from menus.item import NOTHING, Answers, Ask, Kind, Need, Option, Verb
from tanos.appliance import Appliance
from tanos.errors import WrongUse
from tanos.inert import inert
from tanos.message import N_, Message
from tanos.secret import Secret

TRUE, FALSE = {"y", "yes"}, {"n", "no"}


def empty(ask: Ask) -> Any:
    """Return the answer that stands for none."""
    if ask.many:
        return ()
    return {Kind.FLAG: False, Kind.PASTE: b"", Kind.SECRET: Secret("")}.get(ask.kind, "")


def with_help(ask: Ask, appliance: Appliance, answers: Answers) -> Ask:
    """Return the question with what is said beside it, given the earlier answers."""
    return replace(ask, help=ask.help_after(appliance, answers)) if ask.help_after else ask


def explained(ask: Ask, verb: Verb) -> tuple[Message, ...]:
    """Say what a question asks for, and how a verb is given the same: what `?` answers."""
    told = ask.help or N_("This asks for: {label}.", label=ask.label)
    empty_too = (N_("It may stay empty."),) if ask.need is Need.OPTIONAL else ()
    if ask.from_stdin:
        return told, *empty_too, N_("As a verb: {verb}, with this on stdin.", verb=verb.name)
    word = ask.name.upper() if ask.argument else ask.option
    return told, *empty_too, N_("As a verb: {verb} {word}.", verb=verb.name, word=word)


def default_text(ask: Ask, appliance: Appliance, answers: Answers) -> str:
    """Return what an empty line stands for, given the earlier answers; empty where there is no default."""
    if ask.default_after:
        return ask.default_after(appliance, answers)
    return ask.default(appliance) if ask.default else ""


def options_of(ask: Ask, appliance: Appliance, answers: Answers) -> tuple[Option, ...]:
    """Return the lines to choose from, given the earlier answers."""
    if ask.choices:
        return ask.choices
    if ask.options_after:
        return tuple(ask.options_after(appliance, answers))
    return tuple(ask.options(appliance)) if ask.options else ()


def has_fixed_options(options: tuple[Option, ...]) -> bool:
    """Say whether these are words of the program; other options only list what lies here now."""
    return any(isinstance(option.label, Message) for option in options)


def questions(verb: Verb, answers: dict[str, Any], appliance: Appliance, *, later: bool = False) -> Iterator[Ask]:
    """Yield what an operator at a menu is asked before the Plan, or `later`, in sight of it.

    The caller puts each answer into `answers` before going on.
    """
    for ask in verb.asks:
        if ask.name in answers and not (later and ask.later):
            continue
        is_asked = ask.need is not Need.FOR_VERBS and (ask.where is None or ask.where(appliance))
        if ask.later is later and is_asked and ask.when(answers):
            yield ask
        answers.setdefault(ask.name, empty(ask))


def only_asked(verb: Verb, answers: Answers) -> dict[str, Any]:
    """Return the answers that the verb asks for: the way to a line may have bound others."""
    names = {ask.name for ask in verb.asks}
    return {name: value for name, value in answers.items() if name in names}


def understood(ask: Ask, typed: str, options: tuple[Option, ...]) -> Any:
    """Return the answer that `typed` means; `options` where it is a choice. Raises WrongUse `unknown-choice`.

    A secret is taken as it was typed: with a blank less it would not be what is typed at the next sign-in.
    """
    if ask.kind is Kind.SECRET:
        return Secret(typed)
    typed = typed.strip()
    if ask.many:
        return tuple(typed.replace(",", " ").split())
    match ask.kind:
        case Kind.CHOICE:
            return chosen(typed, options)
        case Kind.FLAG:
            return _is_word(typed, ask.word) if ask.word else yes_or_no(typed)
        case Kind.PASTE:
            return typed.encode()
        case Kind.TEXT:
            return typed


def standing(ask: Ask, default: str) -> Any:
    """Return the answer that a default is; of a choice it is the value."""
    return default if ask.kind is Kind.CHOICE else understood(ask, default, ())


def chosen(typed: str, options: tuple[Option, ...]) -> str:
    """Return the value of the option named by line number, or else by value."""
    if typed.isascii() and typed.isdigit() and 1 <= int(typed) <= len(options):
        return options[int(typed) - 1].value
    for option in options:
        if typed.casefold() == option.value.casefold():
            return option.value
    choices = ", ".join(option.value for option in options)
    raise WrongUse(
        "unknown-choice",
        N_("{typed} is none of the choices.", typed=inert(typed)),
        N_("Choose one of: {choices}.", choices=choices) if choices else NOTHING,
    )


def _is_word(typed: str, word: str) -> bool:
    if typed.casefold() == word.casefold():
        return True
    raise WrongUse("unknown-choice", N_("It wants the word {word}, whole.", word=word), N_("R gives up."))


def yes_or_no(typed: str) -> bool:
    """Return whether it was yes. Raises WrongUse `unknown-choice`."""
    word = typed.strip().casefold()
    if word in TRUE | FALSE:
        return word in TRUE
    raise WrongUse("unknown-choice", N_("{typed} is neither yes nor no.", typed=inert(typed)), N_("Answer y or n."))
