"""The one place where a Message becomes words, in the language of this process.

Invariant: one process serves one operator in one language. Fields are data: a str among them is made inert, so that
a name from a file or a peer can neither move the cursor nor pretend to be the program's own words. A template
without a translation, or with a broken one, is said in English. A moment is said to the minute, with its zone, the
last that there is as no end. A Deed is said by its verb, unless a face of menus is `pointing` at their lines.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tanos.inert import inert
from tanos.message import N_, Deed, Message
from tanos.report import Words

LANGUAGES = ("en", "de", "ja")
MANGLED = "mangle"
"""A pseudo-language that brackets every translated text; chosen by TANOS_LANGUAGE, for tests."""
OPEN, CLOSE = "⟦", "⟧"

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\dZ")
"""A moment as it is stored; people read it to the minute."""
_NEVER = "9999-12-31T23:59:59Z"
"""The end of a certificate that has none (RFC 5280 section 4.1.2.5)."""

Translate = Callable[[str], str]
Count = Callable[[str, str, int], str]
"""Of the templates for one and for many, the one that fits a count, translated."""
Point = Callable[[Deed], object]
"""Returns how a deed stands in a sentence here; formatted with the template's own format words."""


def _english(template: str) -> str:
    return template


def _english_count(one: str, many: str, count: int) -> str:
    return one if count == 1 else many


def _mangled(template: str) -> str:
    return OPEN + template + CLOSE


def _mangled_count(one: str, many: str, count: int) -> str:
    return _mangled(_english_count(one, many, count))


def by_verb(deed: Deed) -> object:
    """Return how the command line says it."""
    return Deed(inert(deed.verb), inert(deed.words))


class _Chosen:
    """The language of this process."""

    name = "en"
    translate: Translate = staticmethod(_english)
    count: Count = staticmethod(_english_count)
    point: Point = staticmethod(by_verb)


def choose(environment: Mapping[str, str]) -> str:
    """Choose the language by TANOS_LANGUAGE, LC_ALL, LC_MESSAGES or LANG; return its name."""
    name = language_of(environment)
    _Chosen.name = name
    translate, count = _translators(name)
    _Chosen.translate, _Chosen.count = staticmethod(translate), staticmethod(count)
    return name


@contextmanager
def pointing(point: Point) -> Iterator[None]:
    """Say deeds as `point` does, as long as a face of menus is shown."""
    before = _Chosen.point
    _Chosen.point = staticmethod(point)
    try:
        yield
    finally:
        _Chosen.point = staticmethod(before)


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
        if words in {_NEVER, _NEVER[:10]}:
            return speak(N_("no end"))
        return _MOMENT.sub(r"\1 \2 UTC", words) if _MOMENT.fullmatch(words) else inert(words)
    fields = {name: _spoken(value) for name, value in words.fields.items()}
    try:
        return _translated(words).format(**fields)
    except (KeyError, IndexError, ValueError):
        return words.english.format(**fields)


def _translated(words: Message) -> str:
    count = words.fields.get("count")
    if words.plural and isinstance(count, int):
        return _Chosen.count(words.template, words.plural, count)
    return _Chosen.translate(words.template)


def _spoken(value: object) -> object:
    if isinstance(value, Deed):
        return _Chosen.point(value)
    return speak(value) if isinstance(value, Message | str) else value


def _translators(name: str) -> tuple[Translate, Count]:
    if name == MANGLED:
        return _mangled, _mangled_count
    if name == "en":
        return _english, _english_count
    import gettext  # only where a catalogue is wanted

    catalogue = gettext.translation("tanos", Path(__file__).parent / "locale", [name], fallback=True)
    return catalogue.gettext, catalogue.ngettext
