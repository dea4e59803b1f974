"""A paste at a text face: raw bytes from the descriptor to the paste reader, past every line and key.

Invariant: what belongs to a paste never becomes an answer. At a terminal all that follows its end is taken until
there is silence; in a pipe, where a script may already have written its next answers, only lines that look like
more of a paste are.
"""

import termios
from collections.abc import Iterator
from contextlib import contextmanager

from menus.language import speak
from menus.streams import Source, Streams
from tanos.message import N_, Message
from tanos.pasting.awaited import Awaited
from tanos.pasting.collector import DRAIN_SECONDS, GIVE_UP_SECONDS, PasteCollector

HINT_SECONDS = 2.0
"""Silence in the middle of a paste after which a face says how it ends."""
_LONG = 40
"""Characters; a longer line without a space is no answer to any question."""
_LFLAG, _IFLAG, _CC = 3, 0, 6


def read_paste(streams: Streams, awaited: Awaited) -> bytes | None:
    """Return the raw bytes of one paste; None where it was given up."""
    collector = PasteCollector(awaited)
    if streams.source.is_terminal:
        with unseen(streams.source.descriptor):
            streams.show([speak(invitation(awaited)), speak(N_("Esc gives up."))])
            _from_terminal(streams, collector, awaited)
    else:
        streams.show([speak(invitation(awaited))])
        _from_pipe(streams.source, collector)
    if collector.abandoned or not collector.characters:
        streams.show([speak(N_("Nothing was pasted."))])
        return None
    streams.show([speak(counted_so_far(collector))])
    return collector.finish()


def invitation(awaited: Awaited) -> Message:
    """Say what to paste, and how it ends."""
    match awaited:
        case Awaited.REQUEST:
            return N_("Paste the certificate request now. It ends by itself at its END line.")
        case Awaited.CERTIFICATE:
            return N_("Paste the certificate now. It ends by itself at its END line.")
        case Awaited.SSH_KEY:
            return N_("Paste the public key now, one line, and press Return.")


def how_it_ends(awaited: Awaited) -> Message:
    """Say what is missing where a paste has begun and stopped."""
    if awaited is Awaited.SSH_KEY:
        return N_("Return ends it; Esc gives up.")
    return N_("The END line has not come: paste on, or Esc gives up.")


@contextmanager
def unseen(descriptor: int) -> Iterator[None]:
    """Have a terminal hand over every byte at once, echo none, and make no signal of any."""
    before = termios.tcgetattr(descriptor)
    raw = termios.tcgetattr(descriptor)
    raw[_LFLAG] &= ~(termios.ICANON | termios.ECHO | termios.ISIG | termios.IEXTEN)
    raw[_IFLAG] &= ~(termios.ICRNL | termios.INLCR | termios.IXON | termios.ISTRIP)
    raw[_CC] = [*raw[_CC]]
    raw[_CC][termios.VMIN], raw[_CC][termios.VTIME] = 1, 0
    termios.tcsetattr(descriptor, termios.TCSADRAIN, raw)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _from_terminal(streams: Streams, collector: PasteCollector, awaited: Awaited) -> None:
    counted, pause = 0, float(GIVE_UP_SECONDS)
    while True:
        over = collector.ended or collector.abandoned or collector.overflow
        piece = streams.source.piece(DRAIN_SECONDS if over else pause)
        if piece:
            collector.feed(piece)
            pause = DRAIN_SECONDS
            continue
        collector.quiet()
        if piece == b"" or over or pause == GIVE_UP_SECONDS:
            return
        if pause == HINT_SECONDS:
            streams.show([speak(how_it_ends(awaited))])
        elif collector.characters and not collector.abandoned and counted != collector.characters:
            streams.show([speak(counted_so_far(collector))])
        counted = collector.characters
        pause = HINT_SECONDS if pause == DRAIN_SECONDS and counted else GIVE_UP_SECONDS


def _from_pipe(source: Source, collector: PasteCollector) -> None:
    while not (collector.ended or collector.abandoned):
        line = source.raw_line(GIVE_UP_SECONDS)
        if not line:
            return
        collector.feed(line)
    inside = False
    while line := source.raw_line(DRAIN_SECONDS):
        inside = inside or line.lstrip().startswith(b"-----BEGIN")
        if not (inside or _looks_pasted(line)):
            source.put_back(line)
            return
        collector.feed(line)
        inside = inside and not line.lstrip().startswith(b"-----END")


def _looks_pasted(line: bytes) -> bool:
    bare = line.strip()
    return not bare or bare.startswith(b"-----") or (len(bare) > _LONG and b" " not in bare)


def counted_so_far(collector: PasteCollector) -> Message:
    """Say how much came, and nothing of what."""
    if collector.lines == 1:
        return N_("1 line, {characters:,} characters", characters=collector.characters)
    return N_("{lines} lines, {characters:,} characters", lines=collector.lines, characters=collector.characters)
