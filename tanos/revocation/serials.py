"""A list of serials, as somebody sends it: one a line, however each is written.

Invariant: a line that is not understood refuses the whole list, by its number.
"""

import re

from tanos.errors import AnswerRefused
from tanos.finding import refuse
from tanos.message import N_
from tanos.pasting.text import decode_text
from tanos.revocation.register import plain_serial

_SERIAL = re.compile(r"(?:serial\s*=\s*)?((?:0x)?[0-9a-f](?:[: ]?[0-9a-f]){0,59})", re.IGNORECASE)


def read_serials(raw: bytes) -> tuple[str, ...]:
    """Return the serials, each once, as the register has them; an empty line, or one that begins with `#`, is none.

    Raises AnswerRefused `revocation-unread`, and those of `decode_text`.
    """
    text, _ = decode_text(raw)
    found: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.strip().startswith("#"):
            continue
        serial = _SERIAL.fullmatch(line.strip())
        if serial is None:
            raise _unread(number)
        found.append(plain_serial(serial[1]))
    if not found:
        raise _unread(1)
    return tuple(dict.fromkeys(found))


def _unread(line: int) -> AnswerRefused:
    return AnswerRefused.because(
        refuse(
            "revocation-unread",
            N_("Line {line} of the list is no serial.", line=line),
            N_("Each line is one serial, hexadecimal, as the register shows it; nothing was revoked."),
        )
    )
