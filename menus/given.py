"""The answers of a verb: given as words, read from stdin, or their defaults; what is missing is named by its flag.

Invariant: all answers are complete before any work starts; a verb never asks back.
"""

from typing import Any

from menus.answers import chosen, default_text, empty, has_fixed_options, options_of, standing
from menus.item import Answers, Ask, Kind, Need, Option, Verb
from menus.streams import Streams
from tanos.actor import Actor
from tanos.appliance import Appliance
from tanos.errors import WrongUse
from tanos.message import N_
from tanos.pasting.text import PASTE_LIMIT
from tanos.platform import UserRole
from tanos.secret import Secret


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
            answers[ask.name] = _as_given(ask, given[ask.name], appliance, answers)
        else:
            answers[ask.name] = _not_given(ask, appliance, answers, streams)
    return answers


def own_answers(verb: Verb, actor: Actor) -> dict[str, Any]:
    """Return what whoever sees only himself means without saying it."""
    if actor.role is UserRole.TANADMIN:
        return {}
    return {ask.name: actor.user for ask in verb.asks if ask.is_own}


def _as_given(ask: Ask, value: Any, appliance: Appliance, answers: Answers) -> Any:
    if ask.means_no:
        return False
    if ask.kind is Kind.CHOICE and not ask.any_value:
        options = options_of(ask, appliance, answers)
        if has_fixed_options(options):
            return chosen(value, options)
    return tuple(value) if ask.many else value


def _not_given(ask: Ask, appliance: Appliance, answers: Answers, streams: Streams) -> Any:
    if ask.kind is Kind.PASTE:
        return streams.source.everything(PASTE_LIMIT + 1)
    if ask.kind is Kind.SECRET:
        return Secret(streams.source.line() or "")
    if ask.kind is Kind.FLAG:
        return ask.means_no or ask.need is Need.AT_MENUS
    default = "" if ask.is_present else default_text(ask, appliance, answers)
    if default:
        return standing(ask, default)
    if ask.need is Need.OPTIONAL or (ask.need is Need.FOR_VERBS and ask.default):
        return empty(ask)
    raise _missing(ask, options_of(ask, appliance, answers))


def _missing(ask: Ask, options: tuple[Option, ...]) -> WrongUse:
    word = ask.name.upper() if ask.argument else ask.option
    says_it = str(ask.label).casefold() == word.casefold()
    message = (
        N_("{word} is missing.", word=word)
        if says_it
        else N_("{word} is missing: {label}.", word=word, label=ask.label)
    )
    choices = ", ".join(option.value for option in options)
    if choices:
        return WrongUse("missing-answer", message, N_("Choose one of: {choices}.", choices=choices))
    return WrongUse("missing-answer", message, N_("Add it."))


def _unused(ask: Ask) -> WrongUse:
    return WrongUse(
        "unused-answer",
        N_("{word} has no meaning here, given the other answers.", word=ask.option),
        N_("Leave it out, or change what it belongs to."),
    )
