"""What a client may ask of a channel: which session, by which words, with which variables.

Invariant: who has SFTP has no menu and no verbs, and who has them no SFTP; of a client's variables only those of a
terminal and a language come through, and none that is more than a plain word.
"""

import re
from collections.abc import Mapping
from typing import Literal

from sftp.guest import Guest
from sftp.refusals import no_files, no_shell, too_long
from tanos.errors import TanosError
from tanos.platform import UserRole

Kind = Literal["menu", "verb", "files"]
LONGEST_COMMAND = 16 * 1024
"""Bytes."""
_MOST_VARIABLES = 32
_NAME = re.compile(r"TERM|LANG|LC_[A-Z]{1,24}|NO_COLOR")
_VALUE = re.compile(r"[A-Za-z0-9_.:@,=+-]{0,64}")


def refusal_of(kind: Kind, words: str, guest: Guest) -> TanosError | None:
    """Return why a guest may not have what he asks for; None: he may."""
    for_files = guest.role is UserRole.TANCOPY
    if for_files != (kind == "files"):
        return no_shell(guest.user) if for_files else no_files(guest.user)
    return too_long() if len(words.encode("utf-8", "surrogateescape")) > LONGEST_COMMAND else None


def environment(sent: Mapping[str, str], terminal: str) -> dict[str, str]:
    """Return which variables a session has; `terminal` is the type of the one it has, or empty."""
    wanted = {name: value for name, value in sent.items() if _NAME.fullmatch(name) and _VALUE.fullmatch(value)}
    if terminal and _VALUE.fullmatch(terminal):
        wanted["TERM"] = terminal
    return dict(sorted(wanted.items())[:_MOST_VARIABLES])
