"""From the bytes of a terminal to keys, as they arrive.

Invariants: no byte is lost or counted twice (each Key keeps the bytes it was made of, so that keys typed ahead can be
turned back into a paste); a bracketed paste is one Key and never answers; nothing here waits or looks at a clock.
"""

import re
import unicodedata
from dataclasses import dataclass

PASTE_START, PASTE_END = b"\x1b[200~", b"\x1b[201~"
PASTE_LIMIT = 65_536 + 4_096
"""More of a paste that nobody awaits is not kept; a reader that awaits one says itself when it is too long."""

_SEQUENCE = re.compile(rb"\x1b(?:\[\[[A-E]|\[[0-?]*[ -/]*[@-~]|O[ -~])")
_UNFINISHED = re.compile(rb"\x1b(?:\[\[?[0-?]*[ -/]*|O)?\Z")
_NAMES = {
    b"\r": "enter",
    b"\n": "enter",
    b"\x7f": "backspace",
    b"\x08": "backspace",
    b"\x03": "interrupt",
    b"\x04": "end-of-input",
    b"\x01": "home",
    b"\x05": "end",
    b"\x02": "left",
    b"\x06": "right",
    b"\x10": "up",
    b"\x0e": "down",
    b"\x15": "clear",
    b"\x17": "rub-word",
    b"\x0c": "repaint",
    b"\x1b[A": "up",
    b"\x1b[B": "down",
    b"\x1b[C": "right",
    b"\x1b[D": "left",
    b"\x1b[H": "home",
    b"\x1b[F": "end",
    b"\x1bOA": "up",
    b"\x1bOB": "down",
    b"\x1bOC": "right",
    b"\x1bOD": "left",
    b"\x1bOH": "home",
    b"\x1bOF": "end",
    b"\x1bOM": "enter",
    b"\x1b[1~": "home",
    b"\x1b[7~": "home",
    b"\x1b[4~": "end",
    b"\x1b[8~": "end",
    b"\x1b[3~": "delete",
    b"\x1b[5~": "page-up",
    b"\x1b[6~": "page-down",
}


@dataclass(frozen=True)
class Key:
    """One key: `text` where it writes a character, `paste` where a bracketed paste arrived as a whole."""

    name: str
    raw: bytes
    text: str = ""


class Keyboard:
    """Feed it bytes in any pieces; it returns the keys that are complete."""

    def __init__(self) -> None:
        self._pending = b""
        self._paste: bytearray | None = None
        self._after_return = False

    @property
    def undecided(self) -> bool:
        """Whether a lone Esc or half a sequence waits for what follows."""
        return bool(self._pending) and self._paste is None

    def feed(self, data: bytes) -> list[Key]:
        """Return the keys that `data` completes."""
        self._pending += data
        return self._keys(final=False)

    def settle(self) -> list[Key]:
        """Return what waits as it is: nothing follows (a lone Esc is Escape). An open paste stays open."""
        return self._keys(final=True)

    def take(self) -> bytes:
        """Give up the bytes that are not yet a key, for a reader that takes raw bytes."""
        held = bytes(self._paste or b"") + self._pending
        self._pending, self._paste = b"", None
        return held

    def _keys(self, final: bool) -> list[Key]:
        keys: list[Key] = []
        while self._pending:
            key = self._pasted() if self._paste is not None else self._next(final)
            if key is None:
                break
            if not (self._after_return and key.raw == b"\n"):
                keys.append(key)
            self._after_return = key.raw == b"\r"
        return keys

    def _next(self, final: bool) -> Key | None:
        first = self._pending[:1]
        if first == b"\x1b":
            return self._escape(final)
        if first < b" " or first == b"\x7f":
            return self._cut(_NAMES.get(first, "other"), 1)
        return self._character(final)

    def _escape(self, final: bool) -> Key | None:
        if self._pending.startswith(PASTE_START):
            self._paste = bytearray(PASTE_START)
            self._pending = self._pending[len(PASTE_START) :]
            return self._pasted()
        found = _SEQUENCE.match(self._pending)
        if found and not _UNFINISHED.fullmatch(self._pending):
            return self._cut(_NAMES.get(found[0], "other"), len(found[0]))
        if _UNFINISHED.fullmatch(self._pending) and not final:
            return None
        return self._cut("escape", 1)

    def _character(self, final: bool) -> Key | None:
        lead = self._pending[0]
        length = 1 + (lead >= 0xC0) + (lead >= 0xE0) + (lead >= 0xF0)
        if len(self._pending) < length and not final:
            return None
        try:
            text = self._pending[:length].decode()
        except UnicodeDecodeError:
            return self._cut("other", 1)
        usable = unicodedata.category(text)[0] != "C" and unicodedata.category(text) not in {"Zl", "Zp"}
        return self._cut("text" if usable else "other", length, text if usable else "")

    def _pasted(self) -> Key | None:
        assert self._paste is not None
        end = self._pending.find(PASTE_END)
        if end < 0:
            keep = len(self._pending) - len(PASTE_END) + 1
            if keep > 0:
                self._keep(self._pending[:keep])
                self._pending = self._pending[keep:]
            return None
        self._keep(self._pending[:end])
        self._pending = self._pending[end + len(PASTE_END) :]
        raw, self._paste = bytes(self._paste) + PASTE_END, None
        return Key("paste", raw)

    def _keep(self, piece: bytes) -> None:
        assert self._paste is not None
        self._paste += piece[: max(0, PASTE_LIMIT - len(self._paste))]

    def _cut(self, name: str, length: int, text: str = "") -> Key:
        raw, self._pending = self._pending[:length], self._pending[length:]
        return Key(name, raw, text)
