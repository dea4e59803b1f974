"""The one place where a Message becomes words, in the language of this process.

Invariant: one process serves one operator in one language. Fields are data: a str among them is made inert, so that
a name from a file or a peer can neither move the cursor nor pretend to be the program's own words. A template
without a translation, or with a broken one, is said in English. A moment is said to the minute, with its zone.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from tanos.inert import inert
from tanos.message import Message
from tanos.report import Words

LANGUAGES = ("en", "de", "ja")
MANGLED = "mangle"
"""A pseudo-language that brackets every translated text; chosen by TANOS_LANGUAGE, for tests."""
OPEN, CLOSE = "⟦", "⟧"

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\dZ")
"""A moment as it is stored; people read it to the minute."""

Translate = Callable[[str], str]


def _english(template: str) -> str:
    return template


def _mangled(template: str) -> str:
    return OPEN + template + CLOSE


class _Chosen:
    """The language of this process."""

    name = "en"
    translate: Translate = staticmethod(_english)


def choose(environment: Mapping[str, str]) -> str:
    """Choose the language by TANOS_LANGUAGE, LC_ALL, LC_MESSAGES or LANG; return its name."""
    name = language_of(environment)
    _Chosen.name = name
    _Chosen.translate = staticmethod(_translator(name))
    return name


def language_of(environment: Mapping[str, str]) -> str:
    """Return `en`, `de`, `ja` or the pseudo-language, without choosing it."""
    for variable in ("TANOS_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(variable, "")
        if value == MANGLED and variable == "TANOS_LANGUAGE":
            return MANGLED
        code = value.replace("-", "_").split("_")[0].split(".")[0].lower()
        if code in LANGUAGES:
            return code
        if code:
            return "en"
    return "en"


def speaks_unicode(environment: Mapping[str, str]) -> bool:
    """Say whether the operator's terminal takes UTF-8; where nothing is said, it does."""
    for variable in ("LC_ALL", "LC_CTYPE", "LANG"):
        value = environment.get(variable, "")
        if value:
            return "utf8" in value.casefold().replace("-", "")
    return True


def speak(words: Words) -> str:
    """Return what an operator reads: a Message translated, data inert."""
    if isinstance(words, str):
        return _MOMENT.sub(r"\1 \2 UTC", words) if _MOMENT.fullmatch(words) else inert(words)
    fields = {name: _spoken(value) for name, value in words.fields.items()}
    try:
        return _Chosen.translate(words.template).format(**fields)
    except (KeyError, IndexError, ValueError):
        return words.template.format(**fields)


def _spoken(value: object) -> object:
    return speak(value) if isinstance(value, Message | str) else value


def _translator(name: str) -> Translate:
    if name == MANGLED:
        return _mangled
    if name == "en":
        return _english
    import gettext  # only where a catalogue is wanted

    return gettext.translation("tanos", Path(__file__).parent / "locale", [name], fallback=True).gettext
