"""The users of console and API, as they stand in the store.

Invariant: each has a password, kept as Argon2id alone; a role decides what he may see. They are not the accounts of
the appliance: who signs in to the one is nobody at the other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from sqlite3 import Row

from tanos.appliance import Appliance
from tanos.errors import AnswerRefused
from tanos.inert import inert
from tanos.message import N_, Message
from tanos.offer import Offer
from tanos.platform import Role
from tanos.store.store import Change

_COLUMNS = (
    "SELECT name, role, created_at, last_at, last_from, nullif(max(coalesce(locked_at, ''), coalesce((SELECT"
    " max(locked_at) FROM console_ways WHERE console_user = name), '')), '') AS locked_at FROM console_users "
)
FIRST = "tanium"
"""The Administrator whom an installation makes."""
HERE = Offer(frozenset({Role.TANIUM_SERVER}))


class ConsoleRole(StrEnum):
    """What a user of the console may do; the value is the role's name there."""

    ADMINISTRATOR = "Administrator"
    READ_ONLY = "Read Only User"

    @property
    def word(self) -> str:
        """As a verb is given it."""
        return _WORDS[self]


_WORDS = {ConsoleRole.ADMINISTRATOR: "administrator", ConsoleRole.READ_ONLY: "read-only"}
ROLES = {role.word: role for role in ConsoleRole}


@dataclass(frozen=True)
class ConsoleUser:
    """One of them."""

    name: str
    role: ConsoleRole
    created_at: str
    last_at: str
    """When he last signed in; empty: never."""
    last_from: str
    locked_at: str | None
    """When it was locked last, for everybody or for a network from which he signed in before; None: it is not."""


def console_users(appliance: Appliance) -> list[ConsoleUser]:
    """Return all of them, by name."""
    return list(_read(appliance, "ORDER BY name"))


def known_console_user(appliance: Appliance, name: str) -> ConsoleUser:
    """Return one. Raises AnswerRefused `no-such-user`."""
    for found in _read(appliance, "WHERE name = ?", name):
        return found
    names = ", ".join(each.name for each in console_users(appliance))
    raise AnswerRefused(
        "no-such-user",
        N_("There is no user {name} of the console.", name=inert(name)),
        N_("The users are: {names}.", names=names) if names else _none(),
    )


def put_console_user(change: Change, name: str, role: ConsoleRole, password_hash: str) -> None:
    """Add a user, within `change`. Raises AnswerRefused `name-taken`."""
    if change.execute("SELECT 1 FROM console_users WHERE name = ?", name).fetchone():
        raise name_taken(name)
    change.execute(
        "INSERT INTO console_users (name, role, password_hash, created_at) VALUES (?, ?, ?, ?)",
        name,
        role.value,
        password_hash,
        change.now,
    )


def name_taken(name: str) -> AnswerRefused:
    """Return the refusal of a name that a user has."""
    return AnswerRefused(
        "name-taken",
        N_("There is a user {name} of the console already.", name=name),
        N_("Choose another name, or reset that user's password."),
    )


def _none() -> Message:
    return N_("There is none yet: add one.")


def _read(appliance: Appliance, which: str, *values: object) -> Iterator[ConsoleUser]:
    return (_user(row) for row in appliance.store.rows(_COLUMNS + which, *values))


def _user(row: Row) -> ConsoleUser:
    return ConsoleUser(**{**dict(row), "role": ConsoleRole(row["role"])})
