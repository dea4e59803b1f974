"""A private key where none belongs is named before anything else is said about a paste.

Invariant: the refusal holds no character of what was pasted. A key that has passed through a terminal, a clipboard or
a drop box must be considered exposed, whether or not it was kept here (it is not). It is looked for as it stands and
below one layer of what programs wrap text in: terminal codes, percent signs, base64, hexadecimal digits.
"""

import base64
import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from tanos.errors import AnswerRefused
from tanos.finding import refuse
from tanos.message import N_
from tanos.pasting.first_bytes import is_private_key

_SQUEEZE = re.compile(rb"[^A-Za-z0-9-]+")
_LABEL = re.compile(rb"(?:BEGIN|END)[A-Z0-9]{0,24}PRIVATEKEY")
_LOOSE_LABEL = re.compile(rb"(?i)[-\x93-\x97][ \t]{0,4}(?:begin|end)[ a-z0-9]{0,24}private[ _-]?key")
_TELLING = (b"PuTTY-User-Key-File", b"Private-Lines:", b"DEK-Info:", b"b3BlbnNzaC1rZXktdjE", b"openssh-key-v1")
_RUN = re.compile(r"(?<![A-Za-z0-9+/])(?=(M(?:\s{0,8}[A-Za-z0-9+/]){19,63}))")
_PREFIX = 64
_CODES = re.compile(rb"\x1b(?:\[[0-?]{0,32}[ -/]{0,4}[@-~]|[()][0-9AB]|O[A-Za-z])")
_WEB_KEY = re.compile(rb'["\']d["\']\s{0,8}:\s{0,8}["\'][A-Za-z0-9_-]{16}')
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{40,}")
_WHITE = re.compile(rb"\s+")
_BETWEEN_DIGITS = re.compile(rb"0x|\\x|[\s:,;\"']+")
_DIGITS = re.compile(rb"[0-9A-Fa-f]{40,}")
_KEY_DIGITS = re.compile(rb"(?i)(?=(30(?:[0-7].|81..|82....)(?:0201|30..0609).{8,96}))")


def holds_private_key(raw: bytes) -> bool:
    """Tell whether `raw`, in any encoding, holds a private key as text: labelled, or the bare inside of one."""
    return labelled_private_key(raw) or bare_private_key(raw.replace(b"\0", b"").decode("ascii", "replace"))


def labelled_private_key(raw: bytes) -> bool:
    """Tell whether `raw`, in any encoding, holds the marker or header of a private key, or one in hexadecimal."""
    plain = _CODES.sub(b"", raw.replace(b"\0", b""))
    return any(_is_labelled(view) for view in (plain, *_unwrapped(plain))) or _in_digits(plain)


def bare_private_key(text: str) -> bool:
    """Tell whether a piece of base64 in `text` begins as a private key does, whatever stands around it.

    Lines of any width count as one piece.
    """
    return any(is_private_key(_beginning(run[1])) for run in _RUN.finditer(text))


def _is_labelled(plain: bytes) -> bool:
    return (
        any(word in plain for word in _TELLING)
        or _LOOSE_LABEL.search(plain) is not None
        or _LABEL.search(_SQUEEZE.sub(b"", plain)) is not None
        or (b"kty" in plain and _WEB_KEY.search(plain) is not None)
    )


def _unwrapped(plain: bytes) -> Iterator[bytes]:
    """Yield what `plain` says one layer down; text before a run of base64 may shift where it begins."""
    if b"%" in plain:
        yield unquote_to_bytes(plain)
    for run in _BASE64.findall(_WHITE.sub(b"", plain)):
        for start in range(4):
            yield base64.b64decode(run[start : start + (len(run) - start) // 4 * 4])
    for run in _digits(plain):
        for start in range(2):
            yield bytes.fromhex(run[start : start + (len(run) - start) // 2 * 2].decode())


def _in_digits(plain: bytes) -> bool:
    found = (match[1] for run in _digits(plain) for match in _KEY_DIGITS.finditer(run))
    return any(is_private_key(bytes.fromhex(piece[: len(piece) // 2 * 2].decode())) for piece in found)


def _digits(plain: bytes) -> list[bytes]:
    return _DIGITS.findall(_BETWEEN_DIGITS.sub(b"", plain))


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
    run = "".join(run.split())
    size = min(len(run), _PREFIX) // 4 * 4
    return base64.b64decode(run[:size])
