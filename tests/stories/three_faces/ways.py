"""What a sentence points at, as one word: the command line says the verb there, the menus their line."""

import re
from collections.abc import Iterator

from menus.tree import MAIN
from menus.ways import MenuLine, menu_line
from tanos import deeds
from tanos.certificates.pair_kinds import KINDS
from tanos.message import Deed
from tanos.policy.table import POLICIES
from tests.stories.three_faces.seen import bare

WAY = "[WAY]"
_USER = "(?:tanadmin|tancopy|USER)"
_NAME = "(?:site|NAME)"
_WORDS = {"": "", "USER": _USER, "TYPE": "TYPE", "NAME": _NAME, "HOST[:PORT]": re.escape("HOST[PORT]")}


def _by_verb(deed: Deed) -> str:
    """Return the pattern of a verb; one of a single word is known by what follows."""
    words = _WORDS.get(deed.words, r".*?(?=addsone|Ifnot)")
    return bare(deed.verb) + words + ("" if " " in deed.verb else "(?=there)")


def _by_line(deed: Deed) -> str:
    """Return the pattern of a menu line, with its label or without; mere digits are known by what follows.

    In a name of what is new (`[DEVICE1]`) none stands, whatever its letters.
    """
    line = menu_line(MAIN, deed)
    assert isinstance(line, MenuLine)
    label, chain = re.escape(bare(str(line.label))), bare(line.chain).replace("USER", _USER).replace("NAME", _NAME)
    alone = chain + ("(?=there)" if chain.isdigit() else "")
    return rf"(?:{label}{chain}|{alone})(?![A-Z0-9]*\])"


def _patterns() -> Iterator[tuple[str, str]]:
    for deed in vars(deeds).values():
        if isinstance(deed, Deed):
            yield _by_verb(deed), _by_line(deed)
    for kind in KINDS:
        deed = deeds.RENEW_CERTIFICATE.of(kind.name)
        yield bare(f"{deed.verb} {deed.words}"), _by_line(deed)
    for policy in POLICIES:
        deed = deeds.decide_policy(policy.name)
        yield bare(f"{deed.verb} {deed.words}"), _by_line(deed)


_VERBS, _LINES = (
    re.compile("|".join(f"(?:{one})" for one in sorted(each, key=len, reverse=True)))
    for each in zip(*_patterns(), strict=True)
)


def pointed(words: str, face: str) -> str:
    """Return bare `words` with one word for each way, however `face` says it."""
    return (_VERBS if face == "verb" else _LINES).sub(WAY, words)
