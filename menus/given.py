"""The answers of a verb: given as words, read from stdin, or their defaults; what is missing is named by its flag.

Invariant: all answers are complete before any work starts; a verb never asks back.
"""

from typing import Any

from menus.answers import chosen, default_text, empty, has_fixed_options, options_of, understood
from menus.item import Ask, Kind, Need, Verb
from menus.streams import Streams
from tanos.appliance import Appliance
from tanos.errors import WrongUse
from tanos.message import N_
from tanos.secret import Secret

LONGEST = 64 * 1024
"""Bytes of a paste; one more is read, so that the operation sees that it was too long."""


def verb_answers(verb: Verb, given: dict[str, Any], appliance: Appliance, streams: Streams) -> dict[str, Any]:
    """Return every answer that `verb` asks for.

    Raises WrongUse `missing-answer`, `unused-answer` or `unknown-choice`.
    """
    answers: dict[str, Any] = {}
    for ask in verb.asks:
        if not ask.when(answers):
            if ask.name in given:
                raise _unused(ask)
            answers[ask.name] = empty(ask)
        elif ask.name in given:
            answers[ask.name] = _as_given(ask, given[ask.name], appliance)
        else:
            answers[ask.name] = _not_given(ask, appliance, streams)
    return answers


def _as_given(ask: Ask, value: Any, appliance: Appliance) -> Any:
    if ask.kind is Kind.CHOICE and has_fixed_options(options := options_of(ask, appliance)):
        return chosen(value, options)
    return tuple(value) if ask.many else value


def _not_given(ask: Ask, appliance: Appliance, streams: Streams) -> Any:
    if ask.kind is Kind.PASTE:
        return streams.source.everything(LONGEST + 1)
    if ask.kind is Kind.SECRET:
        return Secret(streams.source.line() or "")
    if ask.kind is Kind.FLAG:
        return False
    standing = default_text(ask, appliance)
    if standing:
        return understood(ask, standing, appliance)
    if ask.need is Need.OPTIONAL:
        return empty(ask)
    raise _missing(ask, appliance)


def _missing(ask: Ask, appliance: Appliance) -> WrongUse:
    word = ask.name.upper() if ask.argument else ask.option
    message = N_("{word} is missing: {label}.", word=word, label=ask.label)
    choices = ", ".join(option.value for option in options_of(ask, appliance))
    if choices:
        return WrongUse("missing-answer", message, N_("Choose one of: {choices}.", choices=choices))
    return WrongUse("missing-answer", message, N_("Add it."))


def _unused(ask: Ask) -> WrongUse:
    return WrongUse(
        "unused-answer",
        N_("{word} has no meaning here, given the other answers.", word=ask.option),
        N_("Leave it out, or change what it belongs to."),
    )
