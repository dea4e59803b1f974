"""Signing in to console and API.

Invariants: a wrong password, an unknown name and a locked one are answered alike, at the cost of one hash and one
durable write. After too many wrong ones (the appliance's own rule) a password is locked, for a while or until an
operator of the appliance unlocks it; that stands in the store, so that a restart lifts nothing. A network from which
its user signed in before is counted, and locked, apart from all others: nobody elsewhere can keep him out. Every
sign-in and every lock is audited.
"""

import asyncio
from datetime import datetime, timedelta
from sqlite3 import Row

from tanos.actor import Actor, Call, system_call
from tanos.appliance import Appliance
from tanos.console_users.accounts import ConsoleRole
from tanos.door.networks import network_of
from tanos.platform import UserRole
from tanos.policy.accounts import LOCKOUT_FAILURES, LOCKOUT_SECONDS
from tanos.secret import Secret
from tanos.store.store import Change, record
from tanos.users.lockout import WINDOW
from tanos.users.password import MOST_BYTES, NOBODY, matches

MOST_WAYS = 8
"""Networks of one user that are remembered: those from which he signed in last."""
_ROW = "SELECT name, role, password_hash, failures, since, locked_at FROM console_users WHERE name = ?"
_NOTHING = ("INSERT INTO published (kind, at) VALUES ('', '')", "DELETE FROM published WHERE kind = ''")
"""Written as durably as a count is, and gone at the end of the same transaction."""
_COUNTED = "failures = ?, since = ?, locked_at = ?"
_WAY = "SELECT failures, since, locked_at FROM console_ways WHERE console_user = ? AND network = ?"


async def check(appliance: Appliance, name: str, password: Secret, address: str = "") -> ConsoleRole | None:
    """Return the role of who signs in by that password, None for everybody else. Raises a TanosError of the store."""
    network = network_of(address)
    row, way = appliance.store.row(_ROW, name), appliance.store.row(_WAY, name, network)
    may = row is not None and not is_locked(appliance, (way or row)["locked_at"])
    stored = row["password_hash"] if row is not None and may else NOBODY
    right = await asyncio.to_thread(matches, password, stored) and len(password.reveal()) <= MOST_BYTES
    if row is None or not may or not right:
        _count(appliance, name if may else "", network)
        return None
    return _welcome(appliance, row, address)


def came_from(appliance: Appliance, name: str, address: str) -> bool:
    """Say whether that user signed in from there before. Raises a TanosError of the store."""
    return appliance.store.row(_WAY, name, network_of(address)) is not None


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
        _forget(change, checked["name"], network_of(address))
        change.execute(
            "UPDATE console_users SET last_at = ?, last_from = ? WHERE name = ?", change.now, address, checked["name"]
        )
        change.after = role.value
    return role


def _forget(change: Change, name: str, network: str) -> None:
    """Count anew what is wrong from there, and remember that he came from there."""
    if change.execute(_WAY, name, network).fetchone() is None:
        change.execute("UPDATE console_users SET failures = 0, since = '', locked_at = NULL WHERE name = ?", name)
    if network:
        change.execute(
            "INSERT OR REPLACE INTO console_ways (console_user, network, last_at) VALUES (?, ?, ?)",
            name,
            network,
            change.now,
        )
        change.execute(
            "DELETE FROM console_ways WHERE console_user = ? AND rowid NOT IN (SELECT rowid FROM console_ways"
            " WHERE console_user = ? ORDER BY last_at DESC, rowid DESC LIMIT ?)",
            name,
            name,
            MOST_WAYS,
        )


def _count(appliance: Appliance, name: str, network: str) -> None:
    """Count a wrong password; where there is nobody to count it for, take as long over nothing."""
    most = LOCKOUT_FAILURES.read(appliance)
    with appliance.store.change(system_call(appliance, "console lock-out"), about=name) as change:
        change.quiet = True
        way = change.execute(_WAY, name, network).fetchone()
        row = way or change.execute(_ROW, name).fetchone()
        if row is None or not most:
            for statement in _NOTHING:
                change.execute(statement)
            return
        now = appliance.clock()
        goes_on = bool(row["since"]) and abs(now - datetime.fromisoformat(row["since"])) <= WINDOW
        goes_on = goes_on and row["locked_at"] is None
        failures = row["failures"] + 1 if goes_on else 1
        locked_at = change.now if failures >= most else None
        counted = (failures, row["since"] if goes_on else change.now, locked_at, name)
        if way:
            where = "console_user = ? AND network = ?"
            change.execute(f"UPDATE console_ways SET {_COUNTED} WHERE {where}", *counted, network)  # noqa: S608 - ours
        else:
            change.execute(f"UPDATE console_users SET {_COUNTED} WHERE name = ?", *counted)  # noqa: S608 - ours
        if locked_at:
            change.after = f"after {failures} wrong passwords" + (f" from {network}" if way else "")
            record(change, system_call(appliance, "console lock-out"), "done")
