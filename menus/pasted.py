"""A paste at a text face: raw bytes from the descriptor to the paste reader, past every line and key.

Invariant: what belongs to a paste never becomes an answer, awaited or not. At a terminal all that follows its end is
taken until there is silence; in a pipe, where a script may already have written its next answers, only lines that
look like more of a paste are.
"""

import re
import termios
from collections.abc import Iterator
from contextlib import contextmanager

from menus.language import speak
from menus.streams import Source, Streams
from tanos.message import N_, Message
from tanos.pasting.awaited import Awaited
from tanos.pasting.collector import DRAIN_SECONDS, GIVE_UP_SECONDS, PasteCollector
from tanos.pasting.exposed import exposed, holds_private_key
from tanos.pasting.text import PASTE_LIMIT

HINT_SECONDS = 2.0
"""Silence in the middle of a paste after which a face says how it ends."""
_LONG = 40
"""Characters; a longer line without a space is no answer to any question."""
_BASE64 = re.compile(rb"[A-Za-z0-9+/]+={0,2}")
_DOCUMENTS = ("-----BEGIN", "-----END", "ssh-ed25519 ", "ssh-rsa ", "ecdsa-sha2-")
_LFLAG, _IFLAG, _CC = 3, 0, 6
NOT_AWAITED = N_("A paste arrived, but none is awaited here. Nothing was done with it.")


def is_document(typed: str) -> bool:
    """Tell a line that nobody types as an answer: the mark of a block, a public key, a private key in any form."""
    return typed.lstrip().startswith(_DOCUMENTS) or holds_private_key(typed.encode())


def answer_line(streams: Streams, question: str) -> str | None:
    """Ask for one line; None at the end of input. A paste that nobody awaits is taken whole, and asked again.

    Raises AnswerRefused `private-key` where it holds one.
    """
    while True:
        typed = streams.prompt(question)
        if typed is None or not is_document(typed):
            return typed
        if holds_private_key(typed.encode() + b"\n" + _rest(streams.source, typed.encode())):
            raise exposed()
        streams.show([speak(NOT_AWAITED)])


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
        case Awaited.PAIRING:
            return N_("Paste the pairing text now. It ends by itself at its END line.")
        case Awaited.PUBLIC_KEY:
            return N_("Paste the public key now. It ends by itself at its END line.")
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
    for line in _following(source):
        collector.feed(line)


def _rest(source: Source, first: bytes) -> bytes:
    """Take what belongs to the paste that began with the line `first`, unseen where that can still be."""
    if not source.is_terminal:
        return b"".join(_following(source, first))
    rest = b""
    with unseen(source.descriptor):
        while piece := source.piece(DRAIN_SECONDS):
            rest = (rest + piece)[-PASTE_LIMIT:]
    return rest


def _following(source: Source, first: bytes = b"") -> Iterator[bytes]:
    """Yield the lines of a pipe that look like more of a paste; `first` went before them."""
    inside, before = _is_inside(first, inside=False), first.strip()
    while line := source.raw_line(DRAIN_SECONDS):
        bare = line.strip()
        if not (inside or _looks_pasted(bare) or _ends(before, bare)):
            source.put_back(line)
            return
        yield line
        inside, before = _is_inside(bare, inside=inside), bare


def _is_inside(line: bytes, *, inside: bool) -> bool:
    """Tell whether a block is open after `line`."""
    return (inside or line.lstrip().startswith(b"-----BEGIN")) and not line.lstrip().startswith(b"-----END")


def _looks_pasted(bare: bytes) -> bool:
    return not bare or bare.startswith(b"-----") or (len(bare) > _LONG and b" " not in bare)


def _ends(before: bytes, bare: bytes) -> bool:
    """Tell the short last line of base64 from an answer: it fills up the groups of four of the long one before it."""
    return len(before) > _LONG and len(bare) % 4 == 0 and all(_BASE64.fullmatch(line) for line in (before, bare))


def counted_so_far(collector: PasteCollector) -> Message:
    """Say how much came, and nothing of what."""
    lines = N_("{count} line", "{count} lines", count=collector.lines)
    characters = N_("{count:,} character", "{count:,} characters", count=collector.characters)
    return N_("{lines}, {characters}", lines=lines, characters=characters)
