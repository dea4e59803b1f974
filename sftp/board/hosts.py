"""Which hosts of an ssh configuration are asked.

Invariants: only names that stand there by themselves, never patterns. What is included is read as ssh reads it; how a
host is reached is decided by ssh alone.
"""

import shlex
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from sftp.person.ways import bad_config
from tanos.errors import AnswerRefused, WrongUse
from tanos.inert import inert
from tanos.message import N_

OWN = Path("~/.ssh/config")
MOST_BYTES = 1 << 20
_DEEPEST = 16
_PATTERN = frozenset("*?!")


def chosen_hosts(config: Path | None, asked: Sequence[str]) -> tuple[str, ...]:
    """Return the hosts to ask, each once: those `asked` for, by name or pattern, or all of `config`.

    Raises WrongUse `missing-answer` where neither is given; AnswerRefused `bad-ssh-config` where the file cannot be
    read, `no-such-host` where nothing there fits a pattern.
    """
    if not asked and config is None:
        raise WrongUse(
            "missing-answer",
            N_("Nothing says which hosts."),
            N_("Name some, or the ssh configuration that holds no others: -F FILE."),
        )
    known = list(_names(config or OWN.expanduser(), 0)) if config or _has_pattern(asked) else []
    wanted = [name for each in asked for name in _fitting(each, known)] if asked else known
    if not wanted:
        raise AnswerRefused(
            "no-such-host",
            N_("No host of {file} fits.", file=inert(str(config or OWN))),
            N_("Name hosts as they stand after `Host` there; a pattern alone is no host."),
        )
    return tuple(dict.fromkeys(wanted))


def _has_pattern(asked: Sequence[str]) -> bool:
    return any(_PATTERN & set(each) for each in asked)


def _fitting(asked: str, known: Sequence[str]) -> list[str]:
    if not _PATTERN & set(asked):
        return [asked]
    return [name for name in known if fnmatchcase(name, asked)]


def _names(file: Path, depth: int) -> Iterator[str]:
    """Yield the names of hosts in a file, and in what it includes."""
    for keyword, words in _lines(file):
        if keyword == "host":
            yield from (word for word in words if not _PATTERN & set(word) and not word.startswith("-"))
        elif keyword == "include" and depth < _DEEPEST:
            for word in words:
                yield from (name for found in _included(word) for name in _names(found, depth + 1))


def _lines(file: Path) -> Iterator[tuple[str, list[str]]]:
    try:
        with file.open("rb") as opened:
            text = opened.read(MOST_BYTES).decode(errors="replace")
    except OSError as error:
        raise bad_config(inert(f"{file}: {error.strerror or error}")) from None
    for line in text.splitlines():
        keyword, _, rest = line.strip().replace("=", " ", 1).partition(" ")
        if keyword.lower() in {"host", "include"}:
            try:
                yield keyword.lower(), shlex.split(rest, comments=True)
            except ValueError:
                raise bad_config(inert(f"{file}: {line.strip()}")) from None


def _included(word: str) -> Iterator[Path]:
    """Yield the files of one word after Include; a relative one lies in ~/.ssh."""
    path = Path(word).expanduser()
    whole = OWN.expanduser().parent / path
    yield from sorted(Path(whole.anchor).glob(str(whole.relative_to(whole.anchor))))
