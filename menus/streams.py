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


class Idle(Exception):
    """Nothing was typed for as long as an idle menu may stay open."""


@dataclass
class Source:
    """Raw bytes of one descriptor, as lines or as they come."""

    descriptor: int
    idle_seconds: int = 0
    """How long a reader without a patience of its own waits before it gives up with Idle; 0: for ever."""
    _ahead: bytearray = field(default_factory=bytearray)
    _ended: bool = False

    @property
    def is_terminal(self) -> bool:
        """Whether a person may be typing."""
        return os.isatty(self.descriptor)

    def line(self) -> str | None:
        """Return the next line without its end; None at the end of input."""
        line = self.raw_line(None)
        return _text(line) if line else None

    def raw_line(self, seconds: float | None) -> bytes:
        """Return the next line with its end; empty at the end of input, or when nothing came for `seconds`."""
        while (end := self._ahead.find(b"\n")) < 0 and len(self._ahead) < PIECE:
            if not self._arrived(seconds):
                return b""
            if not self._more():
                break
        end = end if end >= 0 else len(self._ahead) - 1
        line = bytes(self._ahead[: end + 1])
        del self._ahead[: end + 1]
        return line

    def piece(self, seconds: float | None) -> bytes | None:
        """Return what is there, waiting for at most `seconds`; None after silence, empty at the end of input."""
        if not self._ahead:
            if not self._arrived(seconds):
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

    def _arrived(self, seconds: float | None) -> bool:
        patience = self.idle_seconds or None if seconds is None else seconds
        arrived = self._ended or bool(select.select([self.descriptor], [], [], patience)[0])
        if not arrived and seconds is None:
            raise Idle
        return arrived

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

    def say(self, text: str) -> None:
        """Print what no line ends."""
        _write(self.out, text)

    def prompt(self, text: str) -> str | None:
        """Ask for one line; None at the end of input."""
        _write(self.out, text)
        line = self.source.line()
        if not self.source.is_terminal or line is None:
            self.show([""])  # a terminal shows the Return that was typed
        return line

    def complain(self, lines: Iterable[str]) -> None:
        """Print lines for people where results do not stand."""
        _print(self.err, lines)


def own_streams(environment: Mapping[str, str]) -> Streams:
    """Return the streams of this process, in the encoding of the operator's terminal."""
    encoding = "utf-8" if speaks_unicode(environment) else "ascii"
    sys.stdout.flush()
    sys.stderr.flush()
    out = open(1, "w", encoding=encoding, errors="replace", closefd=False)  # noqa: SIM115 - the process's own
    err = open(2, "w", encoding=encoding, errors="replace", closefd=False)  # noqa: SIM115 - the process's own
    return Streams(Source(0), out, err)


def _print(stream: TextIO, lines: Iterable[str]) -> None:
    text = "".join(_ended(lines))
    _write(stream, text)


def _write(stream: TextIO, text: str) -> None:
    """Write at once; who no longer listens does not stop what is being done."""
    try:
        stream.write(text)
        stream.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _ended(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield line + "\n"


def _text(line: bytes) -> str:
    return line.rstrip(b"\r\n").decode("utf-8", "replace")
