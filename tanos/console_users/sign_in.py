"""Signing in to console and API.

Invariants: a wrong password, an unknown name and a locked one are answered alike, at the cost of one hash. After too
many wrong ones (the appliance's own rule) a password is locked, for a while or until an operator of the appliance
unlocks it; that stands in the store, so that a restart lifts nothing. Every sign-in and every lock is audited.
"""

import asyncio
from datetime import datetime, timedelta
from sqlite3 import Row

from tanos.actor import Actor, Call, system_call
from tanos.appliance import Appliance
from tanos.console_users.accounts import ConsoleRole
from tanos.platform import UserRole
from tanos.policy.accounts import LOCKOUT_FAILURES, LOCKOUT_SECONDS
from tanos.secret import Secret
from tanos.store.store import record
from tanos.users.lockout import WINDOW
from tanos.users.password import MOST_BYTES, NOBODY, matches

_ROW = "SELECT name, role, password_hash, failures, since, locked_at FROM console_users WHERE name = ?"


async def check(appliance: Appliance, name: str, password: Secret, address: str = "") -> ConsoleRole | None:
    """Return the role of who signs in by that password, None for everybody else. Raises a TanosError of the store."""
    row = appliance.store.row(_ROW, name)
    may = row is not None and not is_locked(appliance, row["locked_at"])
    stored = row["password_hash"] if row is not None and may else NOBODY
    right = await asyncio.to_thread(matches, password, stored) and len(password.reveal()) <= MOST_BYTES
    if row is None or not may:
        return None
    if not right:
        _count(appliance, name)
        return None
    return _welcome(appliance, row, address)


def is_locked(appliance: Appliance, locked_at: str | None) -> bool:
    """Say whether a lock of that moment still holds."""
    if locked_at is None:
        return False
    seconds = LOCKOUT_SECONDS.read(appliance)
    since, now = datetime.fromisoformat(locked_at), appliance.clock()
    return not seconds or (since <= now + timedelta(seconds=1) and now < since + timedelta(seconds=seconds))


def _welcome(appliance: Appliance, checked: Row, address: str) -> ConsoleRole | None:
    """Record it; None where the user was changed while his password was checked."""
    role = ConsoleRole(checked["role"])
    call = Call(appliance, Actor(checked["name"], UserRole.TANUSER, "console", address=address), "console sign-in")
    with appliance.store.change(call, about=checked["name"]) as change:
        now = change.execute(_ROW, checked["name"]).fetchone()
        if now is None or (now["password_hash"], now["role"]) != (checked["password_hash"], checked["role"]):
            change.quiet = True
            return None
        change.execute(
            "UPDATE console_users SET failures = 0, since = '', locked_at = NULL, last_at = ?, last_from = ?"
            " WHERE name = ?",
            change.now,
            address,
            checked["name"],
        )
        change.after = role.value
    return role


def _count(appliance: Appliance, name: str) -> None:
    most = LOCKOUT_FAILURES.read(appliance)
    with appliance.store.change(system_call(appliance, "console lock-out"), about=name) as change:
        change.quiet = True
        row = change.execute(_ROW, name).fetchone()
        if row is None or not most:
            return
        now = appliance.clock()
        goes_on = bool(row["since"]) and abs(now - datetime.fromisoformat(row["since"])) <= WINDOW
        goes_on = goes_on and row["locked_at"] is None
        failures = row["failures"] + 1 if goes_on else 1
        locked_at = change.now if failures >= most else None
        change.execute(
            "UPDATE console_users SET failures = ?, since = ?, locked_at = ? WHERE name = ?",
            failures,
            row["since"] if goes_on else change.now,
            locked_at,
            name,
        )
        if locked_at:
            change.after = f"after {failures} wrong passwords"
            record(change, system_call(appliance, "console lock-out"), "done")
