"""How much this terminal can show: colour or none, the whole of Unicode or ASCII only.

Invariant: decided once, from the environment, before anything is painted; the terminal is asked nothing.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from rich.cells import cell_len

from menus.language import speak, speaks_unicode
from tanos.report import Mark, Words

_OLD_TERMINALS = ("linux", "vt")
_TYPED_SIGNS = {
    "·": "-",
    "•": "*",
    "…": "...",
    "–": "-",
    "—": "-",
    "─": "-",
    "│": "|",
    "→": "->",
    "←": "<-",
    "↔": "<->",
    "×": "x",
    "“": '"',
    "”": '"',
    "„": '"',
    "‘": "'",
    "’": "'",
    "ß": "ss",
    "≥": ">=",
    "≤": "<=",
}
_COLOURS = {Mark.OK: "green", Mark.WAIT: "cyan", Mark.DUE: "yellow", Mark.WARN: "yellow", Mark.FAIL: "red"}


@dataclass(frozen=True)
class Look:
    """What may be sent to this terminal."""

    colour: bool = True
    unicode: bool = True
    rules: bool = True
    """Line-drawing characters; a terminal may have letters and no lines."""
    clipboard: bool = True
    """OSC 52 is worth trying."""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Look":
        """Read TERM, NO_COLOR and the locale."""
        environment = _as_it_came(environment)
        terminal = environment.get("TERM", "")
        said = any(environment.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG"))
        old = terminal.startswith(_OLD_TERMINALS)
        unicode = speaks_unicode(environment) and (said or not old)
        return cls(
            colour="NO_COLOR" not in environment and not terminal.startswith("vt"),
            unicode=unicode,
            rules=unicode and said and not old,
            clipboard=not old,
        )

    @property
    def rule(self) -> str:
        """The character that rules are drawn with."""
        return "─" if self.rules else "-"

    def words(self, words: Words) -> str:
        """Return the operator's words for a Message or inert data, in characters that the terminal has."""
        return self.letters(speak(words))

    def letters(self, text: str) -> str:
        """Return `text` in characters that the terminal has."""
        return text if self.unicode or text.isascii() else "".join(_ascii(char) for char in text)

    def mark(self, mark: Mark | None) -> str:
        """Return the colour that repeats a mark; nothing without colour."""
        return "bold " + _COLOURS[mark] if mark and self.colour else "bold" if mark else ""


def _as_it_came(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Undo what Python writes into the environment of a process that was started in the C locale (PEP 538)."""
    coerced = environment.get("LC_CTYPE") == "C.UTF-8" and environment.get("LANG", "C") in {"", "C", "POSIX"}
    return {name: value for name, value in environment.items() if not (coerced and name == "LC_CTYPE")}


def width_of(text: str) -> int:
    """Return how many columns `text` takes."""
    return cell_len(text)


def _ascii(char: str) -> str:
    if char.isascii():
        return char
    plain = _TYPED_SIGNS.get(char) or unicodedata.normalize("NFKD", char).encode("ascii", "ignore").decode()
    return plain or "?"
