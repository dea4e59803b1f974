"""What click says, in our words: its problems as errors of ours, its headings translated.

Invariant: no sentence of the library reaches an operator; a word too many is named, as every other problem is.
"""

from collections.abc import Sequence

import click

from menus.language import speak
from tanos.errors import WrongUse
from tanos.inert import inert
from tanos.message import N_, Message


class Word(click.Argument):
    """A word without a name; `told` says what it is, and what each one to choose from is."""

    def __init__(self, name: str, word: str, told: Sequence[tuple[str, str]], *, many: bool) -> None:
        super().__init__([name], required=False, nargs=-1 if many else 1, metavar=word)
        self.told = told


class Spoken(click.Command):
    """A command whose help and refusals are ours."""

    allow_extra_args = True

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the words; one too many is refused here."""
        rest = super().parse_args(ctx, args)
        if rest and not ctx.resilient_parsing:
            raise WrongUse(
                "wrong-use",
                N_("{word} is one word too many.", word=inert(rest[0])),
                N_("See `{command} --help`.", command=ctx.command_path),
            )
        return rest

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write how it is called."""
        words = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, words, speak(N_("Usage: ")))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what each word is, and what each option does."""
        words = [row for each in self.params if isinstance(each, Word) for row in each.told]
        if words:
            with formatter.section(speak(N_("Words"))):
                formatter.write_dl(words)
        with formatter.section(speak(N_("Options"))):
            formatter.write_dl(_told(self, ctx))

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Return the words after the command's name."""
        arguments = [piece for piece in super().collect_usage_pieces(ctx) if piece != self.options_metavar]
        return [speak(N_("[OPTIONS]")), *arguments]


class SpokenGroup(click.Group):
    """Commands under one word, whose help is ours."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write how it is called."""
        formatter.write_usage(ctx.command_path, "|".join(self.commands) + " …", speak(N_("Usage: ")))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what each command does."""
        told = [(name, each.get_short_help_str(100)) for name, each in self.commands.items()]
        with formatter.section(speak(N_("Commands"))):
            formatter.write_dl(told)


def _told(command: click.Command, ctx: click.Context) -> list[tuple[str, str]]:
    told = []
    for parameter in command.get_params(ctx):
        if not isinstance(parameter, click.Option) or parameter.hidden:
            continue
        record = parameter.get_help_record(ctx)
        if record:
            is_help = "--help" in parameter.opts
            told.append((record[0], speak(N_("Show this.")) if is_help else parameter.help or ""))
    return told


def wrong_use(error: click.UsageError, command: click.Command, name: str) -> WrongUse:
    """Return a problem that the library has with the words of `command` as ours; `name` is what its remedy names."""
    remedy = N_("See `{command} --help`.", command=name)
    match error:
        case click.NoSuchOption():
            return WrongUse(
                "unknown-option", N_("There is no option {option}.", option=inert(error.option_name)), remedy
            )
        case click.MissingParameter():
            return WrongUse("missing-answer", N_("{word} is missing.", word=_word(error.param)), remedy)
        case click.BadParameter():
            return WrongUse(
                "wrong-use", N_("{word} cannot be that.", word=_word(error.param)), _allowed(error, remedy)
            )
        case click.BadOptionUsage():
            return WrongUse("wrong-use", _misused(error, command), remedy)
    return WrongUse("wrong-use", N_("These words are not understood."), remedy)


def _word(parameter: click.Parameter | None) -> str:
    if parameter is None or not parameter.name:
        return "?"
    return parameter.opts[-1] if isinstance(parameter, click.Option) else parameter.make_metavar(_NOWHERE)


_NOWHERE = click.Context(click.Command("tanos"))


def _misused(error: click.BadOptionUsage, command: click.Command) -> Message:
    marks = {word for each in command.params if isinstance(each, click.Option) and each.is_flag for word in each.opts}
    if error.option_name in marks:
        return N_("{option} takes no value.", option=inert(error.option_name))
    return N_("{option} needs a value after it.", option=inert(error.option_name))


def _allowed(error: click.BadParameter, otherwise: Message) -> Message:
    kind = error.param.type if error.param else None
    if isinstance(kind, click.Choice):
        return N_("Choose one of: {choices}.", choices=", ".join(str(choice) for choice in kind.choices))
    if isinstance(kind, click.IntRange):
        return N_("Give a number from {least} to {most}.", least=kind.min, most=kind.max)
    if isinstance(kind, click.Path):
        return N_("Name a file that exists and can be read.")
    return otherwise
