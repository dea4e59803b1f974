"""Finds the one key in pasted text: type word, base64, comment.

Invariant: pieces of a broken line are joined only if the key's own inner lengths then account for every byte,
so that a join can never guess.
"""

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass, replace

from tanos.errors import AnswerRefused
from tanos.finding import Finding
from tanos.inert import inert
from tanos.keys import forms, refusals
from tanos.keys.blob import ACCEPTED, WeakBlob, blob_type, read_blob
from tanos.keys.refusals import not_a_key
from tanos.message import N_, Message
from tanos.ssh_wire import BadBlob

_WORDS = "|".join(re.escape(word) for word in sorted(ACCEPTED, key=len, reverse=True))
_START = re.compile(rf"({_WORDS})\s+(?=AAAA)")
_BLOB = re.compile(r"AAAA(?:B3NzaC1|C3NzaC1|E2VjZHNh|G[nN]Nr|I[nm]Nr)")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,3}")
_LONG_BASE64 = re.compile(r"[A-Za-z0-9+/]{16,}={0,3}")
_FOREIGN = re.compile(r"[^A-Za-z0-9+/=]")
_PIECE = re.compile(r"\S+")


@dataclass(frozen=True)
class TakenLine:
    """One key as it was found."""

    type: str
    blob: bytes
    bits: int
    comment: str
    repairs: tuple[Message, ...] = ()
    options: str = ""
    """What stood before it, unread."""
    number: int = 1
    """Of its line in the paste."""


def take_line(text: str, *, with_options: bool = False) -> TakenLine:
    """Return the one key in `text`. Raises AnswerRefused by the ids of `read_pasted_key`.

    `with_options`: options may stand before it; they are taken as they are.
    """
    text = text.replace("\\\n", "\n")
    starts = list(_START.finditer(text))
    if not starts:
        raise forms.refuse_keyless(text)
    before, _, prefix = text[: starts[0].start()].rpartition("\n")
    options = prefix.strip() if with_options and forms.looks_like_options(prefix.strip()) else ""
    forms.refuse_prefix(prefix.strip() if not options else "")
    if any(forms.looks_like_options(line.strip()) for line in before.splitlines()):
        raise AnswerRefused.because(refusals.options())
    ends = [start.start() for start in starts[1:]] + [len(text)]
    if len(starts) > 1:
        _refuse_different(text, starts, ends)
    broken = "\n" in starts[0].group()
    taken, rest = _take(starts[0].group(1), text[starts[0].end() : ends[0]], broken)
    refuse_another(rest, before, taken.comment)
    number = text[: starts[0].start()].count("\n") + 1
    return replace(_with_repairs(taken, before, rest, len(starts)), options=options, number=number)


def refuse_another(*texts: str) -> None:
    """Raise AnswerRefused `two-keys` if the beginning of any key stands in `texts`."""
    if any(_BLOB.search(text) for text in texts):
        raise AnswerRefused.because(refusals.two_keys(2))


def _refuse_different(text: str, starts: list[re.Match[str]], ends: list[int]) -> None:
    """The same line twice is one key; anything else is two."""
    lines = {text[start.start() : end].strip() for start, end in zip(starts, ends, strict=True)}
    if len(lines) > 1:
        raise AnswerRefused.because(refusals.two_keys(len(starts)))


def _with_repairs(taken: TakenLine, before: str, rest: str, times: int) -> TakenLine:
    repairs = list(taken.repairs)
    others = sum(1 for line in (*before.splitlines(), *rest.splitlines()) if line.strip())
    if others:
        repairs.append(N_("left out other text (lines: {count})", count=others))
    if times > 1:
        repairs.append(N_("took a key once that was pasted more often ({count})", count=times))
    return TakenLine(taken.type, taken.blob, taken.bits, taken.comment, tuple(repairs))


def _take(word: str, text: str, broken: bool) -> tuple[TakenLine, str]:
    """Take base64 and comment off the front of `text`; return them and what follows the line.

    `broken`: the line was broken already between its type word and the base64.
    """
    pieces: list[str] = []
    for piece in _PIECE.finditer(text):
        if not _BASE64.fullmatch(piece.group()) or (pieces and pieces[-1].endswith("=")):
            break
        pieces.append(piece.group())
        found = read_base64(word, "".join(pieces))
        if found:
            comment, _, rest = text[piece.end() :].partition("\n")
            count = len(pieces) + broken
            joined = (N_("joined pieces of a broken line ({count})", count=count),) if count > 1 else ()
            return TakenLine(word, found.blob, found.bits, comment, (*found.repairs, *joined)), rest
        if not is_cut_short(word, "".join(pieces)):
            break
    raise AnswerRefused.because(_why_none(word, text))


def _why_none(word: str, text: str) -> Finding:
    first, *others = text.split("\n")
    body, *more = first.split()
    foreign = _FOREIGN.search(body)
    if foreign:
        return _foreign_sign(foreign)
    if is_cut_short(word, body) and (any(others) or any(_LONG_BASE64.fullmatch(piece) for piece in more)):
        return refusals.wrapped()
    return why_not(word, body)


def read_base64(word: str, text: str) -> TakenLine | None:
    """Return the key that `text` is exactly, or None. Raises AnswerRefused `weak-key`, `broken-key`, `known-key`."""
    try:
        blob = _decoded(text)
        if blob_type(blob) != word:
            return None
        bits = read_blob(blob)
    except BadBlob:
        return None
    except WeakBlob as weak:
        raise AnswerRefused.because(refusals.weak(weak.bits, weak.reason, weak.source)) from None
    same = b64encode(blob).decode() == text
    repairs = () if same else (N_("corrected the = signs at the end of the key"),)
    return TakenLine(word, blob, bits, "", repairs)


def is_cut_short(word: str, text: str) -> bool:
    """Say whether `text` is the beginning of a key of type `word`, by its inner lengths."""
    try:
        if blob_type(_beginning(text)) == word:
            read_blob(_beginning(text))
    except BadBlob as bad:
        return bad.cut_short
    except WeakBlob:
        return False
    return False


def why_not(word: str, text: str) -> Finding:
    """Say why `text` is no key of type `word`."""
    if is_cut_short(word, text):
        return not_a_key(N_("The key ends too early: a part of the line is missing."))
    try:
        inner = blob_type(_beginning(text))
    except BadBlob:
        inner = word
    if inner != word:
        words = N_("The line says {word}, but the key inside is {inner}.", word=word, inner=inert(inner))
        return not_a_key(words)
    return not_a_key(N_("The key arrived damaged: its inner lengths do not fit, or it is not on its curve."))


def inner_type(text: str) -> str:
    """Return the accepted type that `text` begins as, or an empty string."""
    try:
        inner = blob_type(_beginning(text))
    except BadBlob:
        return ""
    return inner if inner in ACCEPTED else ""


def _beginning(text: str) -> bytes:
    """Decode as much of `text` as makes whole bytes."""
    body = text.rstrip("=")
    body = body[:-1] if len(body) % 4 == 1 else body
    return b64decode(body + "=" * (-len(body) % 4))


def _decoded(text: str) -> bytes:
    body = text.rstrip("=")
    if len(body) % 4 == 1:
        raise BadBlob(cut_short=True)
    blob = b64decode(body + "=" * (-len(body) % 4), validate=True)
    if b64encode(blob).rstrip(b"=") != body.encode():
        raise BadBlob
    return blob


def _foreign_sign(found: re.Match[str]) -> Finding:
    char = found.group()
    return not_a_key(
        N_(
            "Sign {number} of the key is {sign} (U+{code}), which no key holds.",
            number=found.start() + 1,
            sign=inert(char),
            code=f"{ord(char):04X}",
        )
    )
