"""Words of a command line to what was given, by a record of what a job takes; and the help made from it.

Invariant: an option is spelled whole and given once, whether by its name or by its place. No library of command lines
is loaded: KeyUtility is to answer as fast as its key can be read.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from menus.language import speak
from tanos.errors import WrongUse
from tanos.inert import inert
from tanos.message import N_, Message
from tanos.operation import Result, Tell

Given = Mapping[str, str]
"""What was given by the name of its option; a mark that was set stands with an empty text."""
MOST_DAYS = 36500


@dataclass(frozen=True)
class Choice:
    """One option."""

    name: str
    """As it is typed, with its dashes."""
    told: Message
    metavar: str = ""
    """Empty: a mark, which takes no value."""
    default: str = ""
    letter: str = ""

    @property
    def shown(self) -> str:
        """How it stands in the help."""
        names = f"{self.letter}, {self.name}" if self.letter else f"    {self.name}"
        default = f" (={self.default})" if self.default else ""
        return f"{names} {self.metavar}{default}".rstrip()


@dataclass(frozen=True)
class Job:
    """One job of the program."""

    name: str
    usage: str
    """The words after the name, as the documents have them."""
    about: Message
    run: Callable[[Given, Tell], Result]
    choices: tuple[Choice, ...]
    placed: tuple[str, ...] = ()
    """The options that may stand without their names, in order."""

    def help_lines(self, program: str) -> Iterator[str]:
        """Yield the help."""
        yield speak(N_("Usage: {words}", words=f"{program} {self.name} {self.usage}"))
        yield ""
        yield speak(self.about)
        yield ""
        yield speak(N_("Options:"))
        width = max(len(each.shown) for each in self.choices)
        for each in self.choices:
            yield f"  {each.shown.ljust(width)}  {speak(each.told)}"


HELP = Choice("--help", N_("Show this."))
JSON = Choice("--json", N_("One JSON object on stdout."))
KNOWN_KEYS = Choice("--known-keys", N_("A list of keys that are refused: badkeys' blocklist.dat."), "PATH")
OVERWRITE = Choice("--overwrite", N_("Lose what lies where a file is written."))


def given_to(job: Job, words: Sequence[str]) -> dict[str, str]:
    """Return what the words give, with the defaults. Raises WrongUse."""
    by_name = {name: each for each in job.choices for name in (each.name, each.letter) if name}
    given: dict[str, str] = {}
    places = iter(job.placed)
    rest = iter(words)
    ended = False
    for word in rest:
        if word == "--" and not ended:
            ended = True
            continue
        if ended or not word.startswith("-") or word == "-":
            name, value = next(places, ""), word
            if not name:
                raise _wrong(job, N_("{word} is one word too many.", word=inert(word)))
        else:
            name, value = _option(job, by_name, word, rest)
        if name in given:
            raise _wrong(job, N_("{option} is given twice.", option=name))
        given[name] = value
    return {**{each.name: each.default for each in job.choices if each.default}, **given}


def days(given: Given) -> int:
    """Return the validity that was given. Raises WrongUse."""
    said = given["--expiration"]
    if not (said.isascii() and said.isdigit() and 1 <= int(said[:9]) <= MOST_DAYS):
        raise WrongUse(
            "wrong-use",
            N_("{word} cannot be that.", word="--expiration"),
            N_("Give a number from {least} to {most}.", least=1, most=MOST_DAYS),
        )
    return int(said)


def needed(given: Given, name: str) -> str:
    """Return what must be given. Raises WrongUse `missing-answer`."""
    if not given.get(name):
        raise WrongUse(
            "missing-answer", N_("{word} is missing.", word=name), N_("Add {word} and its value.", word=name)
        )
    return given[name]


def _option(job: Job, by_name: Mapping[str, Choice], word: str, rest: Iterator[str]) -> tuple[str, str]:
    name, has_value, value = word.partition("=")
    if not word.startswith("--") and len(word) > 2:
        name, has_value, value = word[:2], "=", word[2:]
    choice = by_name.get(name)
    if choice is None:
        raise WrongUse("unknown-option", N_("There is no option {option}.", option=inert(name)), _see(job))
    if not choice.metavar:
        if has_value:
            raise _wrong(job, N_("{option} takes no value.", option=name))
        return choice.name, ""
    value = value if has_value else next(rest, "")
    if not value or (not has_value and value.startswith("--")):
        raise _wrong(job, N_("{option} needs a value after it.", option=name))
    return choice.name, value


def _wrong(job: Job, message: Message) -> WrongUse:
    return WrongUse("wrong-use", message, _see(job))


def _see(job: Job) -> Message:
    return N_("See `{command} --help`.", command=f"KeyUtility {job.name}")
