"""A private key where none belongs is named before anything else is said about a paste.

Invariant: the refusal holds no character of what was pasted. A key that has passed through a terminal, a clipboard or
a drop box must be considered exposed, whether or not it was kept here (it is not).
"""

import base64
import re

from tanos.errors import AnswerRefused
from tanos.finding import refuse
from tanos.message import N_
from tanos.pasting.der import is_private_key

_SQUEEZE = re.compile(rb"[^A-Za-z0-9-]+")
_LABEL = re.compile(rb"(?:BEGIN|END)[A-Z0-9]{0,24}PRIVATEKEY")
_LOOSE_LABEL = re.compile(rb"(?i)[-\x93-\x97][ \t]{0,4}(?:begin|end)[ a-z0-9]{0,24}private[ _-]?key")
_TELLING = (b"PuTTY-User-Key-File", b"Private-Lines:", b"DEK-Info:", b"b3BlbnNzaC1rZXktdjE", b"openssh-key-v1")
_RUN = re.compile(r"(?<![A-Za-z0-9+/])M[A-Za-z0-9+/]{19,}")
_PREFIX = 64


def labelled_private_key(raw: bytes) -> bool:
    """Tell whether `raw`, in any encoding, holds the marker or header of a private key."""
    plain = raw.replace(b"\0", b"")
    return (
        any(word in plain for word in _TELLING)
        or _LOOSE_LABEL.search(plain) is not None
        or _LABEL.search(_SQUEEZE.sub(b"", plain)) is not None
    )


def bare_private_key(text: str) -> bool:
    """Tell whether a piece of base64 in `text` begins as a private key does, whatever stands around it."""
    return any(is_private_key(_beginning(run[0])) for run in _RUN.finditer(text))


def exposed() -> AnswerRefused:
    """Return the refusal `private-key`."""
    return AnswerRefused.because(
        refuse(
            "private-key",
            N_("This holds a private key. It was not read further, and nothing of it was kept here."),
            N_(
                "Consider that key exposed: use it nowhere any more, make a new one where it belongs, and "
                "send only what is asked for."
            ),
        )
    )


def _beginning(run: str) -> bytes:
    size = min(len(run), _PREFIX) // 4 * 4
    return base64.b64decode(run[:size])
