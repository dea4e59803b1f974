"""Words of a command line to a verb and what was given to it; made by click from the verb's own record.

Invariant: an option is spelled whole, a word that is not understood is a WrongUse, and nothing here asks or prints.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from menus.clicked import Spoken, Word, wrong_use
from menus.item import Ask, Kind, Need, Option, Verb, always
from menus.language import speak
from menus.listing import HELP, LIST
from menus.nouns import MODULES, verbs_of
from tanos.errors import WrongUse
from tanos.inert import inert
from tanos.message import N_, Message

LOCAL = ("--home", "--user")
_NEEDED = N_("Needed")
WITH_VALUE = (*LOCAL, "--confirm")


@dataclass(frozen=True)
class Wanted:
    """A verb, the words given to it by the name of the Ask, and how to go about it."""

    verb: Verb
    given: dict[str, Any]
    as_json: bool = False
    dry_run: bool = False
    yes: bool = False
    confirm: str = ""
    word_flag: bool = False
    home: str = ""
    user: str = ""
    help: bool = False


def find_verb(words: Sequence[str]) -> tuple[Verb, list[str]]:
    """Return the verb that `words` begin with, and the other words. Raises WrongUse `unknown-verb`."""
    ahead, rest = _options_ahead(words)
    verbs = verbs_of(rest[0]) if rest else {}
    for count in (2, 1):
        name = " ".join(rest[:count])
        if name in verbs:
            return verbs[name], [*ahead, *rest[count:]]
    shown = " ".join(inert(word) for word in rest[:2])
    if verbs:
        seconds = ", ".join(name.split(maxsplit=1)[-1] for name in verbs)
        raise WrongUse(
            "unknown-verb",
            N_("There is no verb {verb}.", verb=shown),
            N_("{noun} takes: {verbs}. See `{noun} --help`.", noun=rest[0], verbs=seconds),
        )
    raise WrongUse(
        "unknown-verb",
        N_("There is no verb {verb}.", verb=shown),
        N_("The first word is one of: {nouns}. See `--help`.", nouns=", ".join(sorted((*MODULES, HELP, LIST)))),
    )


def parse(verb: Verb, words: Sequence[str], *, local: bool) -> Wanted:
    """Return what `words` ask of `verb`. Raises WrongUse."""
    for word in words:
        _only_text(word)
    command = command_of(verb, local=local)
    try:
        context = command.make_context(verb.name, list(words))
    except click.UsageError as error:
        raise wrong_use(error, command, verb.name) from None
    found = dict(context.params)
    common = {name[1:]: found.pop(name) for name in list(found) if name.startswith("_")}
    given = {name: value for name, value in found.items() if value not in {None, (), False}}
    return Wanted(verb, given, **common)


def help_of(verb: Verb, *, local: bool) -> str:
    """Return the help of one verb."""
    command = command_of(verb, local=local)
    name = ("tanos " if local else "") + verb.name
    return command.get_help(click.Context(command, info_name=name, max_content_width=100))


def command_of(verb: Verb, *, local: bool) -> click.Command:
    """Return the verb as click knows it."""
    asked = [parameter for ask in verb.asks if (parameter := _parameter(ask))]
    return Spoken(verb.name, params=[*asked, *_common(verb, local=local)], help=_told(verb), add_help_option=False)


def _told(verb: Verb) -> str:
    """Return what a verb does, and what it reads from stdin."""
    read = [speak(N_("Reads from stdin: {label}.", label=ask.label)) for ask in verb.asks if ask.from_stdin]
    return "\n\n".join((speak(verb.summary), *read))


def _parameter(ask: Ask) -> click.Parameter | None:
    if ask.from_stdin or ask.need is Need.AT_MENUS:
        return None
    told = _explained(ask)
    if ask.argument:
        word = ask.name.upper() + ("…" if ask.many else "")
        word = word if _is_needed(ask) else f"[{word}]"
        choices = [(f"  {option.value}", _label(option)) for option in ask.choices]
        return Word(ask.name, word, [(word, told), *choices], many=ask.many)
    if ask.kind is Kind.FLAG:
        return click.Option([ask.name, ask.option], is_flag=True, help=told)
    return click.Option([ask.name, ask.option], multiple=ask.many, help=told, metavar=_word_of(ask))


def _explained(ask: Ask) -> str:
    """Return what is said of a word in the help of its verb."""
    said = [ask.label, *([ask.help] if ask.help else []), *([] if ask.argument or not _is_needed(ask) else [_NEEDED])]
    return ". ".join(speak(each).removesuffix(".") for each in said) + ("." if len(said) > 1 else "")


def _label(option: Option) -> str:
    told = speak(option.label) if isinstance(option.label, Message) else option.label
    return told.removeprefix(f"{option.value}: ")


def _is_needed(ask: Ask) -> bool:
    """Say whether a verb is refused without it, whatever the other answers are."""
    if ask.need is Need.OPTIONAL or ask.kind is Kind.FLAG or ask.is_own or ask.when is not always:
        return False
    return ask.is_present or not (ask.default or ask.default_after)


def _word_of(ask: Ask) -> str:
    if ask.choices:
        return "|".join(option.value for option in ask.choices)
    return ask.option.lstrip("-").replace("-", "_").upper()


def _common(verb: Verb, *, local: bool) -> list[click.Parameter]:
    options: list[click.Parameter] = [_flag("_as_json", "--json", speak(N_("One JSON object on stdout.")))]
    if verb.changes:
        options += [
            _flag("_yes", "--yes", speak(N_("Do it; without this the plan is shown and nothing changes."))),
            _flag("_dry_run", "--dry-run", speak(N_("Show the plan and change nothing."))),
            click.Option(
                ["_confirm", "--confirm"], default="", metavar="WORD", help=speak(N_("The word that the plan wants."))
            ),
        ]
    if verb.word_flag:
        options.append(_flag("_word_flag", verb.word_flag, speak(N_("Stands for the word that the plan wants."))))
    if local:
        options += [
            click.Option(["_home", "--home"], default="", metavar="HOME", help=speak(N_("The appliance."))),
            click.Option(["_user", "--user"], default="", metavar="USER", help=speak(N_("Who asks: tanadmin."))),
        ]
    plain = click.Option(["_plain", "--plain"], is_flag=True, expose_value=False, hidden=True)
    return [*options, plain, _flag("_help", "--help", speak(N_("Show this.")))]


def _flag(name: str, option: str, told: str) -> click.Option:
    return click.Option([name, option], is_flag=True, help=told)


def _options_ahead(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split off options that stand before the verb."""
    count = 0
    while count < len(words) and words[count].startswith("-"):
        count += 2 if words[count] in WITH_VALUE else 1
    return list(words[:count]), list(words[count:])


def _only_text(word: str) -> None:
    try:
        word.encode()
    except UnicodeEncodeError:
        raise WrongUse(
            "not-utf8", N_("{word} is not UTF-8 text.", word=inert(word)), N_("Type it again in UTF-8.")
        ) from None
