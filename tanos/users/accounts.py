"""The accounts of the console.

Invariant: a role decides what an account may do; `tancopy` never has a password.
"""

from dataclasses import dataclass
from sqlite3 import Row

from tanos.appliance import Appliance
from tanos.errors import AnswerRefused
from tanos.inert import inert
from tanos.message import N_
from tanos.platform import UserRole
from tanos.store.store import Change

_COLUMNS = "SELECT name, role, password_hash IS NOT NULL AS has_password, disabled FROM users"


@dataclass(frozen=True)
class User:
    """One account."""

    name: str
    role: UserRole
    has_password: bool
    disabled: bool


def users(appliance: Appliance) -> list[User]:
    """Return all accounts by name."""
    return [_user(row) for row in appliance.store.rows(f"{_COLUMNS} ORDER BY name")]


def user(appliance: Appliance, name: str) -> User | None:
    """Return one account, or None where there is none of that name."""
    row = appliance.store.row(f"{_COLUMNS} WHERE name = ?", name)
    return _user(row) if row else None


def known_user(appliance: Appliance, name: str) -> User:
    """Return one account; raise AnswerRefused `no-such-user`."""
    found = user(appliance, name)
    if found is None:
        names = ", ".join(each.name for each in users(appliance))
        raise AnswerRefused(
            "no-such-user",
            N_("There is no user {name} on this appliance.", name=inert(name)),
            N_("The users are: {names}.", names=names),
        )
    return found


def add_user(change: Change, name: str, role: UserRole, password_hash: str | None) -> None:
    """Add an account; `password_hash` is None where only keys sign in."""
    change.execute(
        "INSERT INTO users (name, role, password_hash, password_changed_at, created_at) VALUES (?, ?, ?, ?, ?)",
        name,
        role.value,
        password_hash,
        change.now if password_hash else None,
        change.now,
    )


def _user(row: Row) -> User:
    return User(row["name"], UserRole(row["role"]), bool(row["has_password"]), bool(row["disabled"]))
