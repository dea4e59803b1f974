"""Text from files, peers and certificates, made harmless to a terminal.

Invariant: what `inert` returns holds no control character, no bidirectional override and no invisible one, so
that it can neither move a cursor nor pretend to be another text. It is idempotent on harmless text.
"""

import unicodedata

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def inert(text: str) -> str:
    r"""Return `text` with every unprintable character written as `\xNN` or `\uNNNN`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def quoted(text: str) -> str:
    """Return `text` inert and in quotes, those in it marked: beside others, it ends where it ends."""
    marked = inert(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{marked}"'


def _shown(char: str) -> str:
    if unicodedata.category(char) not in _HIDDEN:
        return char
    code = ord(char)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
