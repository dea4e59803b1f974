"""Pasted bytes as lines of text that may hold a public key, with every repair said."""

import re

from tanos.errors import AnswerRefused
from tanos.keys.refusals import not_a_key
from tanos.message import N_, Message
from tanos.pasting.text import decode_text

_PAIRS = {'"': '"', "'": "'", "`": "`", "“": "”", "‘": "’"}
_ENDED_IN_WORDS = re.compile(r"(?:\\r)?\\n\Z")


def cleaned_text(raw: bytes) -> tuple[str, tuple[Message, ...]]:
    """Return plain lines and the repairs that led to them. Raises AnswerRefused `not-a-key` where it is no text."""
    try:
        text, repairs = decode_text(raw)
    except AnswerRefused as refused:
        raise AnswerRefused.because(not_a_key(refused.message)) from None
    lines = [line.strip() for line in text.split("\n")]
    bare = [_unquoted(_ENDED_IN_WORDS.sub("", _unquoted(line))) for line in lines]
    changed = sum(1 for line, was in zip(bare, lines, strict=True) if line != was)
    said = (N_("removed quotes or \\n around lines ({count})", count=changed),) if changed else ()
    return "\n".join(bare), (*repairs, *_moved(text), *said)


def _unquoted(line: str) -> str:
    quoted = len(line) > 1 and line[-1] == _PAIRS.get(line[0], "")
    return line[1:-1].strip() if quoted else line


def _moved(text: str) -> tuple[Message, ...]:
    indented = any(line[:1].isspace() and line.strip() for line in text.split("\n"))
    return (N_("removed spaces before the key"),) if indented else ()
