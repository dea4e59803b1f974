"""What a text face reads and writes: one descriptor in, two texts out.

Invariant: nothing read ahead is lost. Lines, pastes and type-ahead come from the one buffer of the descriptor.
"""

import contextlib
import os
import select
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TextIO

from menus.language import speaks_unicode

PIECE = 65536


@dataclass
class Source:
    """Raw bytes of one descriptor, as lines or as they come."""

    descriptor: int
    _ahead: bytearray = field(default_factory=bytearray)
    _ended: bool = False

    @property
    def is_terminal(self) -> bool:
        """Whether a person may be typing."""
        return os.isatty(self.descriptor)

    def line(self) -> str | None:
        """Return the next line without its end; None at the end of input."""
        while (end := self._ahead.find(b"\n")) < 0:
            if not self._more():
                rest, self._ahead = self._ahead, bytearray()
                return _text(rest) if rest else None
        line = bytes(self._ahead[:end])
        del self._ahead[: end + 1]
        return _text(line)

    def piece(self, seconds: float | None) -> bytes | None:
        """Return what is there, waiting for at most `seconds`; None after silence, empty at the end of input."""
        if not self._ahead:
            if not self._ended and not select.select([self.descriptor], [], [], seconds)[0]:
                return None
            self._more()
        piece, self._ahead = bytes(self._ahead), bytearray()
        return piece

    def put_back(self, rest: bytes) -> None:
        """Return bytes that were read too far."""
        self._ahead[:0] = rest

    def everything(self, limit: int) -> bytes:
        """Return all up to the end of input, or the first `limit` bytes of it."""
        while len(self._ahead) < limit and self._more():
            pass
        piece, self._ahead = bytes(self._ahead[:limit]), self._ahead[limit:]
        return piece

    def _more(self) -> bool:
        if self._ended:
            return False
        piece = b""
        with contextlib.suppress(OSError):  # a terminal that hung up reads as an error: that is its end
            piece = os.read(self.descriptor, PIECE)
        self._ended = not piece
        self._ahead += piece
        return bool(piece)


@dataclass
class Streams:
    """Where a text face reads, where it shows, and where it complains."""

    source: Source
    out: TextIO
    err: TextIO

    def show(self, lines: Iterable[str]) -> None:
        """Print lines and let them go."""
        _print(self.out, lines)

    def complain(self, lines: Iterable[str]) -> None:
        """Print lines for people where results do not stand."""
        _print(self.err, lines)


def own_streams(environment: Mapping[str, str]) -> Streams:
    """Return the streams of this process, in the encoding of the operator's terminal."""
    encoding = "utf-8" if speaks_unicode(environment) else "ascii"
    sys.stdout.flush()
    sys.stderr.flush()
    out = open(1, "w", encoding=encoding, errors="replace", closefd=False)  # noqa: SIM115 - the process's own
    err = open(2, "w", encoding=encoding, errors="replace", closefd=False)  # noqa: SIM115
    return Streams(Source(0), out, err)


def _print(stream: TextIO, lines: Iterable[str]) -> None:
    text = "".join(_ended(lines))
    if text:
        stream.write(text)
        stream.flush()


def _ended(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield line + "\n"


def _text(line: bytes | bytearray) -> str:
    return bytes(line).rstrip(b"\r").decode("utf-8", "replace")
