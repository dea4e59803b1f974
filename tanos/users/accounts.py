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

_COLUMNS = (
    "SELECT name, role, password_hash IS NOT NULL AS has_password, disabled, must_change, password_changed_at,"
    " password_epoch, created_at FROM users"
)


@dataclass(frozen=True)
class User:
    """One account."""

    name: str
    role: UserRole
    has_password: bool
    disabled: bool
    must_change: bool = False
    """Whoever signs in by the password has to choose another one."""
    password_changed_at: str = ""
    """Empty where there is no password."""
    password_epoch: int = 0
    """Grows with each new password."""
    created_at: str = ""


def users(appliance: Appliance) -> list[User]:
    """Return all accounts by name."""
    return [_user(row) for row in appliance.store.rows(f"{_COLUMNS} ORDER BY name")]


def user(appliance: Appliance, name: str) -> User | None:
    """Return one account, or None where there is none of that name."""
    row = appliance.store.row(f"{_COLUMNS} WHERE name = ?", name)
    return _user(row) if row else None


def is_any_password(appliance: Appliance) -> bool:
    """Say whether anybody at all can sign in by password."""
    return appliance.store.row("SELECT 1 FROM users WHERE password_hash IS NOT NULL") is not None


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


def add_user(
    change: Change, name: str, role: UserRole, password_hash: str | None, *, must_change: bool = False
) -> None:
    """Add an account; `password_hash` is None where only keys sign in."""
    change.execute(
        "INSERT INTO users (name, role, password_hash, password_changed_at, created_at, must_change)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        name,
        role.value,
        password_hash,
        change.now if password_hash else None,
        change.now,
        int(must_change),
    )


def set_disabled(change: Change, name: str, *, disabled: bool) -> None:
    """Let an account no longer sign in, or again."""
    change.execute("UPDATE users SET disabled = ?, revision = revision + 1 WHERE name = ?", int(disabled), name)


def set_role(change: Change, name: str, role: UserRole) -> None:
    """Let an account do what another role may."""
    change.execute("UPDATE users SET role = ?, revision = revision + 1 WHERE name = ?", role.value, name)


def remove_user(change: Change, name: str) -> None:
    """Remove an account with its keys and passwords; what it did stays in the audit."""
    change.execute("DELETE FROM users WHERE name = ?", name)


def _user(row: Row) -> User:
    return User(
        row["name"],
        UserRole(row["role"]),
        bool(row["has_password"]),
        bool(row["disabled"]),
        bool(row["must_change"]),
        row["password_changed_at"] or "",
        row["password_epoch"],
        row["created_at"],
    )
