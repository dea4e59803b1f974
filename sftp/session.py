"""What the door hands to the process that serves one session.

Invariant: everything in it was decided at the door; the session process never asks who it serves.
"""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

MENU_WORD = "menu"


@dataclass(frozen=True)
class Session:
    """One channel of one signed-in user. Its bytes are file descriptors 0, 1 and 2 of the process."""

    kind: Literal["menu", "verb", "files"]
    home: str
    user: str
    role: str
    address: str = ""
    key: str = ""
    """`SHA256:…` of the key signed in with."""
    came_after: int = -1
    """The newest change on trial when the connection began."""
    session: str = ""
    words: str = ""
    """The command line as the client sent it; for `menu` empty where a shell was asked for."""
    has_terminal: bool = False
    """Descriptors 0 to 2 are the process's own controlling terminal."""
    direction: str = ""
    """The one directory of the drop box that is served, for `files`; empty: both."""
    keeper: int = 0
    """Number of the descriptor by which the keeper is asked; 0 where this process has the keys itself, or no use for
    them."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Only TERM, LANG, LC_* and NO_COLOR."""


def kind_of(words: str) -> Literal["menu", "verb"]:
    """Return what a command line asks for: the menus where it is empty or its first word, read as a shell reads
    words, is `menu`. Only the first word is looked at: the rest may be long."""
    reading = shlex.shlex(words, posix=True, punctuation_chars=False)
    reading.whitespace_split, reading.commenters = True, ""
    try:
        return "menu" if reading.get_token() in {None, MENU_WORD} else "verb"
    except ValueError:
        return "verb"


Handler = Callable[[Session], int]
"""Serves a session to its end; returns the exit status."""
