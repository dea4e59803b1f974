"""What an account may be called.

Invariant: a name is one that every system, client and log takes as it is (POSIX, lower case, bounded), and none that
says something else than a person: a name of the system, or one that the platform gives a meaning of its own.
"""

import re

from tanos.errors import AnswerRefused
from tanos.inert import inert
from tanos.message import N_

LONGEST = 32
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_RESERVED = frozenset(
    {"root", "system", "daemon", "nobody", "operator", "admin", "administrator", "anonymous", "guest", "sshd"}
    | {"tancopy", "tanfactory", "tandev", "tanos", "user", "files", "menu"}
)
"""Names of systems, of accounts that the platform knows and these appliances do not have, and words of programs."""


def checked_name(typed: str) -> str:
    """Return the name of a new account. Raises AnswerRefused `bad-name`."""
    name = typed.strip()
    if not _NAME.fullmatch(name):
        raise AnswerRefused(
            "bad-name",
            N_("{name} is no name of a user.", name=inert(name)[:64]),
            N_("Use 1 to {most} lower-case letters, digits, - and _, beginning with a letter.", most=LONGEST),
        )
    if name in _RESERVED:
        raise AnswerRefused(
            "bad-name", N_("{name} is a reserved name.", name=name), N_("Choose the name of the person who signs in.")
        )
    return name
