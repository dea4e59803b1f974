"""One line that an operator edits: pure, without a terminal.

Invariant: a value that stands there already is replaced by the first character typed and edited by every other key,
so that answers typed ahead are not glued to a default.
"""

import unicodedata
from dataclasses import dataclass

from menus.screens.keyboard import Key

LIMIT = 4_000


@dataclass
class Editor:
    """The text, the cursor in it (characters), and how it may be shown."""

    text: str = ""
    secret: bool = False
    takes_paste: bool = False
    """A field takes one pasted line; a menu and a confirmation take none."""
    at: int = 0
    untouched: bool = True

    def __post_init__(self) -> None:
        self.at = len(self.text)

    @property
    def shown(self) -> str:
        """What may be seen of it."""
        return "" if self.secret else self.text

    def press(self, key: Key) -> bool:
        """Take an editing key; say whether it was one."""
        if key.name == "text":
            self._write(key.text)
            return True
        action = {
            "backspace": self._rub,
            "delete": self._delete,
            "left": lambda: self._move(self.at - 1),
            "right": lambda: self._move(self.at + 1),
            "home": lambda: self._move(0),
            "end": lambda: self._move(len(self.text)),
            "clear": self._clear,
            "rub-word": self._rub_word,
        }.get(key.name)
        if action is None:
            return False
        action()
        self.untouched = False
        return True

    def paste(self, raw: bytes) -> bool:
        """Take a pasted single line; say whether it was one."""
        try:
            text = raw.decode().strip()
        except UnicodeDecodeError:
            return False
        if not self.takes_paste or len(text) > LIMIT or any(unicodedata.category(char)[0] == "C" for char in text):
            return False
        self._write(text)
        return True

    def _write(self, text: str) -> None:
        if self.untouched:
            self.text, self.at = "", 0
        self.untouched = False
        if len(self.text) + len(text) <= LIMIT:
            self.text = self.text[: self.at] + text + self.text[self.at :]
            self.at += len(text)

    def _rub(self) -> None:
        if self.at:
            self.text = self.text[: self.at - 1] + self.text[self.at :]
            self.at -= 1

    def _delete(self) -> None:
        self.text = self.text[: self.at] + self.text[self.at + 1 :]

    def _rub_word(self) -> None:
        kept = self.text[: self.at].rstrip()
        kept = kept[: kept.rfind(" ") + 1]
        self.text = kept + self.text[self.at :]
        self.at = len(kept)

    def _clear(self) -> None:
        self.text, self.at = "", 0

    def _move(self, at: int) -> None:
        self.at = min(max(at, 0), len(self.text))
