"""PEM blocks (RFC 7468) in text that a terminal, a mail or a word processor has been at.

Invariant: a block is taken only between a BEGIN and an END line of the same label, and only white space, quoting and
the marker lines themselves are mended; no label is guessed. Whatever is mended is told.
"""

import re
from dataclasses import dataclass

from tanos.errors import AnswerRefused
from tanos.finding import refuse
from tanos.message import N_, Message
from tanos.pasting.repairs import Repairs
from tanos.pasting.text import unframe

_DASH = "[-\u2010-\u2015\u2212\ufe58\ufe63\uff0d]"
_BLANK = "[ \t\n]"
_BEGIN = rf"{_DASH}{{1,5}}+{_BLANK}{{0,3}}+BEGIN"
_END = rf"{_DASH}{{1,12}}+{_BLANK}{{0,3}}+END"
_LABEL = rf"{_BLANK}{{1,40}}([A-Z0-9#][A-Z0-9# \t\n]{{0,48}}?){_BLANK}{{0,8}}"
_MARKER = re.compile(rf"{_BEGIN}{_LABEL}{_DASH}{{1,12}}|{_END}{_LABEL}{_DASH}{{1,5}}")
_LOOSE = re.compile(rf"{_DASH}{{1,5}}+{_BLANK}{{0,3}}+(?:BEGIN|END){_BLANK}[^\n]{{1,60}}?{_DASH}", re.IGNORECASE)
_QUOTING = re.compile("[>|│┃║]")
_ESCAPED = re.compile(r"(?:\\r)?\\n|\\r")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")


@dataclass(frozen=True)
class Marker:
    """A BEGIN or END line found in the text."""

    begins: bool
    label: str
    start: int
    end: int
    exact: bool
    """Written as RFC 7468 has it; otherwise dashes or spaces were mended."""


@dataclass(frozen=True)
class Block:
    """What stands between two markers, quoting and frames taken off."""

    label: str
    body: str
    start: int
    end: int


def find_markers(text: str) -> list[Marker]:
    """Return every marker line in order, mended in dashes and spaces, never in letters."""
    return [_marker(match) for match in _MARKER.finditer(text)]


def find_blocks(text: str, wanted: str, repairs: Repairs) -> list[Block]:
    """Return the blocks of `text`. `wanted` is the label to copy, for the remedies.

    Raises AnswerRefused `not-pem` (no block, or a marker that is not one) or `cut-short`.
    """
    blocks: list[Block] = []
    opened: Marker | None = None
    for marker in find_markers(text):
        if marker.begins:
            if opened:
                raise cut_short(N_("A second BEGIN line follows before the END line of {label}.", label=opened.label))
            opened = marker
        elif opened:
            blocks.append(_block(text, opened, marker, repairs))
            opened = None
        else:
            raise _no_begin(wanted)
    if opened:
        raise _no_end(text[opened.end :], opened.label)
    if not blocks:
        raise _no_block(text, wanted)
    _tell_surroundings(text, blocks, repairs)
    return blocks


def cut_short(message: Message) -> AnswerRefused:
    """Return the refusal of a paste from which something is missing."""
    return AnswerRefused.because(
        refuse("cut-short", message, N_("Copy the whole block again, from its BEGIN line to its END line."))
    )


def not_pem(message: Message, label: str) -> AnswerRefused:
    """Return the refusal of a paste that holds no usable block."""
    begin = f"-----BEGIN {label}-----"
    return AnswerRefused.because(
        refuse("not-pem", message, N_("Copy the whole block; its first line reads {begin}", begin=begin))
    )


def _marker(match: re.Match[str]) -> Marker:
    begins = match[1] is not None
    label = " ".join((match[1] if begins else match[2]).split())
    exact = match[0] == f"-----{'BEGIN' if begins else 'END'} {label}-----"
    return Marker(begins, label, match.start(), match.end(), exact)


def _block(text: str, begin: Marker, end: Marker, repairs: Repairs) -> Block:
    if begin.label != end.label:
        raise cut_short(
            N_(
                "It begins as {begin} and ends as {end}: something between is missing or was changed.",
                begin=begin.label,
                end=end.label,
            )
        )
    mended = (not begin.exact) + (not end.exact)
    if mended:
        repairs.add(N_("mended dashes or spaces in marker lines ({count})", count=mended))
    body, escapes = _ESCAPED.subn("\n", _unframed(text, begin, end, repairs))
    if escapes:
        repairs.add(N_(r'replaced written-out "\n" by line ends ({count})', count=escapes))
    return Block(begin.label, body, begin.start, end.end)


def _unframed(text: str, begin: Marker, end: Marker, repairs: Repairs) -> str:
    """Return the body; quoting of the block alone (text around it unquoted) is taken off here."""
    first = text.rfind("\n", 0, begin.start) + 1
    if not _QUOTING.search(text[max(first, begin.start - 16) : begin.start]):
        return text[begin.end : end.start]
    last = text.find("\n", end.end)
    lines, repair = unframe(text[first : last if last >= 0 else len(text)].split("\n"))
    bare = "\n".join(lines)
    markers = find_markers(bare) if repair else []
    if repair is None or len(markers) != 2:
        return text[begin.end : end.start]
    repairs.add(repair)
    return bare[markers[0].end : markers[1].start]


def _tell_surroundings(text: str, blocks: list[Block], repairs: Repairs) -> None:
    edges = [0, *(edge for block in blocks for edge in (block.start, block.end)), len(text)]
    around = [text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]
    lines = sum(1 for piece in around for line in piece.split("\n") if line.strip(" \t>|│┃║"))
    if lines:
        repairs.add(N_("left out lines of other text around it ({count})", count=lines))


def _no_begin(wanted: str) -> AnswerRefused:
    return not_pem(N_("The BEGIN line is missing."), wanted)


def _no_end(rest: str, label: str) -> AnswerRefused:
    if _LOOSE.search(rest):
        end = f"-----END {label}-----"
        return not_pem(N_("The END line is not written as {end}", end=end), label)
    return cut_short(N_("The END line of {label} is missing.", label=label))


def _no_block(text: str, wanted: str) -> AnswerRefused:
    if not text.strip():
        return not_pem(N_("Nothing was pasted."), wanted)
    if _LOOSE.search(text):
        return not_pem(N_("The BEGIN line is not written as it must be; capitals and dashes count."), wanted)
    letters = "".join(text.split())
    if len(letters) >= 64 and _BASE64.fullmatch(letters):
        return not_pem(N_("This is the inside of a block without its BEGIN and END lines."), wanted)
    return not_pem(N_("There is no BEGIN line in this text."), wanted)
