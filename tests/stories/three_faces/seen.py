"""What a face said of one step, and the same without what may differ between faces: layout, time and chance.

Invariant: only layout is taken away (spaces, punctuation, the places of a table's cells); a word, a label, a mark, a
finding or their order that differs stays different.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tests.stories.three_faces.masks import Masks

_HEAD = re.compile(r"(?:Refused|Not yet|Not offered here|Incomplete|Failed): \S+")


@dataclass(frozen=True)
class Seen:
    """What a face said: of the Plan, of the Result, of a refusal; lines, empty where it said nothing."""

    plan: tuple[str, ...] = ()
    result: tuple[str, ...] = ()
    refusal: tuple[str, ...] = ()
    kept: str = ""
    """The text where later steps find what they need, unwrapped."""

    def words(self, masks: Masks) -> dict[str, str]:
        """Return what is compared, by part."""
        parts = {"plan": self.plan, "result": self.result, "refusal": self.refusal}
        return {part: words_of(lines, masks) for part, lines in parts.items()}


def words_of(lines: Iterable[str], masks: Masks) -> str:
    """Return the words of `lines` in order, masked, without space and punctuation."""
    return bare(masks.over("".join("".join(line.split()) for line in lines)))


def bare(text: str) -> str:
    """Leave letters and digits, and the brackets of masks."""
    return re.sub(r"[^\w\[\]]|_", "", text)


def split_refusal(lines: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what stands beside a refusal, and the refusal: from its id to what was (not) changed."""
    beside: list[str] = []
    refusal: list[str] = []
    inside = False
    for line in lines:
        inside = inside or bool(_HEAD.match(line.strip()))
        (refusal if inside else beside).append(line)
        inside = inside and "Nothing was changed." not in line
    return tuple(beside), tuple(refusal)
