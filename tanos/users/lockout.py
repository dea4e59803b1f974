"""After too many wrong passwords the password of that user signs in no more, for a while or until it is unlocked.

Invariants: keys are never touched by it. Nobody but a tanadmin who is in learns of it: a locked password is answered
as a wrong one, at the same cost. It stands in the store, so that a restart lifts nothing. Where no tanadmin has a
key that lasts, a stranger must not be able to keep everybody out: no tanadmin's password is then locked for longer
than ten minutes, whatever the policy says. Failures are counted in a window of fifteen minutes that begins with the
first.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tanos.actor import Call, system_call
from tanos.appliance import Appliance
from tanos.keys.authorized import has_lasting_key
from tanos.message import N_
from tanos.operation import Operation
from tanos.platform import UserRole
from tanos.policy.accounts import LOCKOUT_FAILURES, LOCKOUT_SECONDS
from tanos.store.store import Change, record
from tanos.users.accounts import User
from tanos.users.actions import Action

WINDOW = timedelta(minutes=15)
LONGEST_OF_THE_LAST_WAY = 600
"""Seconds."""


@dataclass(frozen=True)
class Lock:
    """A password that is locked; `until` is None where an administrator has to unlock it."""

    until: datetime | None

    @property
    def shown(self) -> str:
        """Until when, UTC; empty where nobody knows."""
        return self.until.strftime("%Y-%m-%d %H:%M:%S") if self.until else ""


def lock_of(appliance: Appliance, name: str) -> Lock | None:
    """Return the lock that holds now on the password of a user, whoever that is."""
    row = appliance.store.row(
        "SELECT locked_at, role FROM failed_passwords JOIN users ON users.name = user WHERE user = ?", name
    )
    if row is None or row["locked_at"] is None:
        return None
    since, now = datetime.fromisoformat(row["locked_at"]), appliance.clock()
    seconds = _seconds(appliance, row["role"])
    if not seconds:
        return Lock(None)
    until = since + timedelta(seconds=seconds)
    return Lock(until) if since <= now + timedelta(seconds=1) and now < until else None


def count_failure(change: Change, appliance: Appliance, name: str) -> None:
    """Count a wrong password of a user, and lock his at the one that is too many; strangers are not counted."""
    most = LOCKOUT_FAILURES.read(appliance)
    known = change.execute("SELECT 1 FROM users WHERE name = ? AND password_hash IS NOT NULL", name).fetchone()
    if not most or known is None or lock_of(appliance, name) is not None:
        return
    row = change.execute("SELECT failures, since, locked_at FROM failed_passwords WHERE user = ?", name).fetchone()
    now = appliance.clock()
    goes_on = (
        row is not None and row["locked_at"] is None and abs(now - datetime.fromisoformat(row["since"])) <= WINDOW
    )
    failures = row["failures"] + 1 if goes_on else 1
    locked_at = change.now if failures >= most else None
    change.execute(
        "INSERT OR REPLACE INTO failed_passwords (user, failures, since, locked_at) VALUES (?, ?, ?, ?)",
        name,
        failures,
        row["since"] if goes_on else change.now,
        locked_at,
    )
    if locked_at:
        change.about, change.after = name, f"after {failures} wrong passwords"
        record(change, system_call(appliance, "lock-out"), "done")


def has_failures(appliance: Appliance, name: str) -> bool:
    """Say whether anything was counted against a user."""
    return appliance.store.row("SELECT 1 FROM failed_passwords WHERE user = ?", name) is not None


def forget_failures(change: Change, name: str) -> None:
    """Start counting anew: somebody came in by the right password, or was unlocked."""
    change.execute("DELETE FROM failed_passwords WHERE user = ?", name)


def _seconds(appliance: Appliance, role: str) -> int:
    """Return how long a lock lasts; 0: until somebody unlocks it, which somebody must be able to."""
    seconds = LOCKOUT_SECONDS.read(appliance)
    if role == UserRole.TANADMIN and not has_lasting_key(appliance):
        return min(seconds or LONGEST_OF_THE_LAST_WAY, LONGEST_OF_THE_LAST_WAY)
    return seconds


def _anybody(_: Call, __: User) -> None:
    return


def _is_unlocked(appliance: Appliance, account: User) -> bool:
    return lock_of(appliance, account.name) is None


def _unlock(_: Call, change: Change, account: User) -> None:
    forget_failures(change, account.name)
    change.before, change.after = "locked out", "unlocked"


UNLOCK_USER: Operation[User] = Action(
    N_("Unlock a user"),
    N_("The password of this user is not locked."),
    N_("It signs in again at once; wrong ones are counted anew."),
    _anybody,
    _is_unlocked,
    _unlock,
).operation
