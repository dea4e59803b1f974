"""Bytes that a terminal sends while a paste is awaited.

A pure state machine: no clock, no terminal. The face feeds what it reads, in whatever chunks it comes; the outcome
depends on the bytes alone. The face owns the timers:

- `feed` until `ended` or `abandoned`, or GIVE_UP_SECONDS have passed (then read `finish()`: the refusal says why);
- afterwards keep feeding until DRAIN_SECONDS of silence, so that the rest of a paste answers no menu: no mark proves
  that a paste is over, because what is pasted may hold one;
- call `quiet()` on a short silence: an Escape that nothing followed was typed by hand.

Where a paste ends. Bracketed (ESC[200~ … ESC[201~): at the end mark and nowhere else; a smuggled mark ends it early,
so what follows the mark is dropped. Unbracketed: at an END line, or at Ctrl-D. An SSH key: at the Return after its
line, if that first line is a complete key; one that is not (wrapped, or no key at all) waits for an empty line.

Invariant: never holds more than PASTE_LIMIT bytes and one; nothing fed is ever given back but through `finish()`.
"""

import re
from dataclasses import dataclass

from tanos.pasting.awaited import Awaited
from tanos.pasting.key_line import is_complete_key
from tanos.pasting.text import PASTE_LIMIT

DRAIN_SECONDS = 0.15
GIVE_UP_SECONDS = 120

_BEGIN_MARK, _END_MARK = b"\x1b[200~", b"\x1b[201~"
_CTRL_C, _CTRL_D, _ESCAPE = b"\x03", b"\x04", b"\x1b"
_EVENT = re.compile(rb"(\x1b\[20[01]~|[\x03\x04\r\n])")
_DASH = rb"(?:-|\xe2\x80[\x90-\x95]|\xe2\x88\x92|[\x96\x97])"
_END_LINE = re.compile(_DASH + rb"[^A-Za-z0-9\r\n]{0,12}END[^-\x96\x97\xe2]{1,80}" + _DASH, re.IGNORECASE)
_END_LINE_SPAN = 128
_MAY_CLOSE = re.compile(rb"[-\x90-\x97]")
_MARKS = frozenset({_BEGIN_MARK, _END_MARK})
_LINE_ENDS = frozenset({b"\r", b"\n"})
_CONTINUATION = bytes(range(0x80, 0xC0))


class PasteCollector:
    """Collects one paste and tells when it has ended."""

    def __init__(self, awaited: Awaited) -> None:
        self.ended = False
        """The paste is complete as far as can be told; drain, then read it."""
        self.abandoned = False
        """The operator gave up; drain, then forget it."""
        self.overflow = False
        """More than PASTE_LIMIT came; what is kept will be refused as `too-large`."""
        self.lines = 0
        """Lines begun so far."""
        self.characters = 0
        """Characters so far, line ends not counted."""
        self._awaited = awaited
        self._text = bytearray()
        self._held = b""
        self._recent = b""
        self._bracketed = False
        self._dropping = False
        self._used = False
        self._line = _Line()
        self._after_empty = False
        self._after_return = False

    def feed(self, data: bytes) -> None:
        """Take the next bytes, split anywhere."""
        if not data:
            return
        data = self._held + data
        whole = len(data) - _unfinished_mark(data)
        self._held = data[whole:]
        for piece in _EVENT.split(data[:whole]):
            if piece:
                self._take(piece)

    def quiet(self) -> None:
        """Tell that nothing came for a moment: an Escape still alone was typed, and gives up."""
        if self._held == _ESCAPE and not self.ended:
            self._held = b""
            self._abandon()

    def finish(self) -> bytes:
        """Return what was collected, without the terminal's own marks; PASTE_LIMIT + 1 bytes at most."""
        held = b"" if self._dropping else self._held
        return (bytes(self._text) + held)[: PASTE_LIMIT + 1]

    def wipe(self) -> None:
        """Overwrite what was collected."""
        self._text[:] = bytes(len(self._text))
        self._text.clear()
        self._held = self._recent = b""

    def _take(self, piece: bytes) -> None:
        if piece in _MARKS:
            self._mark(piece)
        elif self._dropping:
            return
        elif piece in _LINE_ENDS:
            self._line_end(piece)
        elif piece == _CTRL_C or (piece == _CTRL_D and not self._bracketed):
            self._control(piece)
        else:
            self._characters(piece)
        self._after_return = piece == b"\r"

    def _mark(self, mark: bytes) -> None:
        self._bracketed = mark == _BEGIN_MARK
        if mark == _END_MARK and (self._used or self._dropping):
            self.ended = not self.abandoned
            self._dropping = True

    def _control(self, key: bytes) -> None:
        if self.ended:
            return
        if key == _CTRL_D and self._used:
            self.ended = True
        else:
            self._abandon()

    def _abandon(self) -> None:
        self.abandoned = self._dropping = True

    def _keep(self, piece: bytes) -> None:
        self._text += piece[: PASTE_LIMIT + 1 - len(self._text)]
        self.overflow = len(self._text) > PASTE_LIMIT

    def _characters(self, piece: bytes) -> None:
        used = bool(piece.strip())
        self.lines += not self._line.begun
        self.characters += len(piece.translate(None, _CONTINUATION))
        self._line.begun = True
        self._line.used = self._line.used or used
        self._used = self._used or used
        self._keep(piece)
        window = self._recent + piece
        self._recent = window[-_END_LINE_SPAN:]
        if not self._bracketed and _MAY_CLOSE.search(piece) and _END_LINE.search(window):
            self.ended = True

    def _line_end(self, piece: bytes) -> None:
        self._keep(piece)
        line = self._line
        if piece == b"\n" and self._after_return:
            line.start = len(self._text)
            return
        if line.begun:
            self._recent = (self._recent + piece)[-_END_LINE_SPAN:]
        if not self._bracketed and not self.ended:
            self._judge_line(line)
        self.lines += not line.begun
        self._after_empty = not line.used
        line.start, line.first = len(self._text), line.first and not line.used
        line.begun = line.used = False

    def _judge_line(self, line: "_Line") -> None:
        if not line.used:
            self.ended = self._awaited is Awaited.SSH_KEY and self._used
            return
        text = bytes(self._text[line.start :]).strip()
        if text == b"." and self._after_empty:
            self._abandon()
        elif self._awaited is Awaited.SSH_KEY and line.first:
            self.ended = is_complete_key(text)


@dataclass(slots=True)
class _Line:
    """The line being typed or pasted."""

    start: int = 0
    begun: bool = False
    used: bool = False
    """It holds more than white space."""
    first: bool = True
    """No line before it held anything."""


def _unfinished_mark(data: bytes) -> int:
    """Return how many bytes at the end of `data` may be the beginning of a mark."""
    for size in range(min(len(_BEGIN_MARK) - 1, len(data)), 0, -1):
        if data[-size:] in {_BEGIN_MARK[:size], _END_MARK[:size]}:
            return size
    return 0
