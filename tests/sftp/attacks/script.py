"""Reads the tables of attacks (`*.attacks`): a title, below it what is sent and what the answer has to be.

    A title that says what must not happen
        disk link "x" "../../secret"              somebody else on the disk lays something into /incoming
        open read "/incoming/x" as h -> refused   a request, `as` the name of its handle, `->` what may be answered
        two: stat "/incoming/x" -> no-such-file   the same by somebody with another key
        incoming: "a"="text" part                 what lies in /incoming afterwards: files, and parts of uploads

Text stands in quotes, with `\\xNN` for a byte and `\\uNNNN` for a character, `"x"*300` and `"a"+"b"`. Without a line
`incoming:` nothing may lie there. A table may begin with `each NAME: a b c`, which makes one attack of each word.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_TOKEN = re.compile(r'(?:"(?:[^"\\]|\\.)*"(?:\*\d+)?\+?)+|\S+')
_PIECE = re.compile(r'"((?:[^"\\]|\\.)*)"(?:\*(\d+))?')
_ESCAPE = re.compile(r'\\x([0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})|\\(["\\])')
_WHO = re.compile(r"(one|again|two|raw): ")
_NUMBER = re.compile(r"(?:(\d+)\^(\d+)|(0x[0-9a-f]+|\d+))([+-]\d+)?\Z")


@dataclass(frozen=True)
class Step:
    """One line: who does what, what the answer is called, and which answers are right."""

    line: str
    who: str
    words: tuple[str, ...]
    name: str
    answers: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Attack:
    """One attack."""

    title: str
    steps: tuple[Step, ...]
    files: dict[bytes, bytes]
    """What lies in `/incoming` afterwards."""
    parts: int


def read_attacks(path: Path) -> Iterator[Attack]:
    """Read a table."""
    title, lines = "", []
    for line in [*path.read_text(encoding="utf-8").splitlines(), "end"]:
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith(" "):
            lines.append(line.strip())
            continue
        if lines:
            yield from _attacks(title, lines)
        title, lines = line, []


def text_of(token: str) -> bytes:
    """Return the bytes that a quoted word stands for."""
    pieces = _PIECE.findall(token)
    assert pieces, f"{token} is no text"
    return b"".join(_unescaped(piece) * int(times or 1) for piece, times in pieces)


def number_of(token: str) -> int:
    """Return a number: decimal, `0x…`, or `2^63-1`."""
    found = _NUMBER.match(token)
    assert found, f"{token} is no number"
    base, power, plain, more = found.groups()
    return (int(base) ** int(power) if base else int(plain, 0)) + int(more or 0)


def _attacks(title: str, lines: list[str]) -> Iterator[Attack]:
    each = [line for line in lines if line.startswith("each ")]
    if not each:
        yield _attack(title, lines)
        return
    name, _, words = each[0].removeprefix("each ").partition(": ")
    rest = [line for line in lines if line is not each[0]]
    for word in _TOKEN.findall(words):
        yield _attack(f"{title}: {word}", [line.replace(f"<{name}>", word) for line in rest])


def _attack(title: str, lines: list[str]) -> Attack:
    files: dict[bytes, bytes] = {}
    parts = 0
    steps = []
    for line in lines:
        if line.startswith("incoming:"):
            for token in line.removeprefix("incoming:").split("; "):
                if token.strip() == "part":
                    parts += 1
                elif token.strip():
                    name, _, data = token.strip().partition("=")
                    files[text_of(name)] = text_of(data)
        else:
            steps.append(_step(line))
    return Attack(title, tuple(steps), files, parts)


def _step(line: str) -> Step:
    said, _, wanted = line.partition(" -> ")
    who = _WHO.match(said)
    words = _TOKEN.findall(said[who.end() :] if who else said)
    name = ""
    if len(words) > 2 and words[-2] == "as":
        name, words = words[-1], words[:-2]
    answers = tuple(tuple(_TOKEN.findall(each)) for each in wanted.split(" | ") if each)
    return Step(line, who.group(1) if who else "one", tuple(words), name, answers)


def _unescaped(piece: str) -> bytes:
    data, end = b"", 0
    for found in _ESCAPE.finditer(piece):
        data += piece[end : found.start()].encode()
        byte, character, plain = found.groups()
        data += bytes([int(byte, 16)]) if byte else (chr(int(character, 16)) if character else plain).encode()
        end = found.end()
    return data + piece[end:].encode()
