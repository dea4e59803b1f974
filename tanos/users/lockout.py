"""After too many wrong passwords the password of that user signs in no more, for a while or until it is unlocked; and
after too many wrong codes behind a key, no key of his does, where keys want a code.

Invariants: the two are counted apart, so that wrong passwords, which any stranger types, never touch keys. Nobody but
a tanadmin who is in learns of it: a locked password is answered as a wrong one, at the same cost. It stands in the
store, so that a restart lifts nothing. Where no tanadmin has a key that lasts, a stranger must not be able to keep
everybody out: no tanadmin's password is then locked for longer than ten minutes, whatever the policy says. Nor are
his codes while no other has such a key, nor ever until somebody unlocks them: who stole a key, and guesses passwords
too, must not shut the last door. Failures are counted in a window of fifteen minutes that begins with the first.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

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


class Counted(Enum):
    """What is typed wrong; the value is the table that counts it."""

    PASSWORD = "failed_passwords"  # noqa: S105 - the name of a table
    CODE = "failed_codes"
    """Of a device, behind a key."""


_TYPED = {Counted.PASSWORD: "passwords", Counted.CODE: "codes after a key"}
_MAY_BE_TYPED = {Counted.PASSWORD: "password_hash", Counted.CODE: "totp_secret"}
"""The column of `users` without which nobody is counted."""


@dataclass(frozen=True)
class Lock:
    """A password, or codes, that are locked; `until` is None where an administrator has to unlock it."""

    until: datetime | None

    @property
    def shown(self) -> str:
        """Until when, UTC; empty where nobody knows."""
        return self.until.strftime("%Y-%m-%d %H:%M:%S") if self.until else ""


def lock_of(appliance: Appliance, name: str, what: Counted = Counted.PASSWORD) -> Lock | None:
    """Return the lock that holds now on the password, or the codes, of a user, whoever that is."""
    row = appliance.store.row(
        f"SELECT locked_at, role FROM {what.value} JOIN users ON users.name = user WHERE user = ?",  # noqa: S608 - ours
        name,
    )
    if row is None or row["locked_at"] is None:
        return None
    since, now = datetime.fromisoformat(row["locked_at"]), appliance.clock()
    seconds = _seconds(appliance, name, row["role"], what)
    if not seconds:
        return Lock(None)
    until = since + timedelta(seconds=seconds)
    return Lock(until) if since <= now + timedelta(seconds=1) and now < until else None


def count_failure(change: Change, appliance: Appliance, name: str, what: Counted = Counted.PASSWORD) -> None:
    """Count what a user typed wrong, and lock it at the one that is too many; strangers are not counted."""
    most = LOCKOUT_FAILURES.read(appliance)
    known = change.execute(
        f"SELECT 1 FROM users WHERE name = ? AND {_MAY_BE_TYPED[what]} IS NOT NULL",  # noqa: S608 - ours
        name,
    ).fetchone()
    if not most or known is None or lock_of(appliance, name, what) is not None:
        return
    counted = f"SELECT failures, since, locked_at FROM {what.value} WHERE user = ?"  # noqa: S608 - ours
    row = change.execute(counted, name).fetchone()
    now = appliance.clock()
    goes_on = (
        row is not None and row["locked_at"] is None and abs(now - datetime.fromisoformat(row["since"])) <= WINDOW
    )
    failures = row["failures"] + 1 if goes_on else 1
    locked_at = change.now if failures >= most else None
    change.execute(
        f"INSERT OR REPLACE INTO {what.value} (user, failures, since, locked_at) VALUES (?, ?, ?, ?)",  # noqa: S608
        name,
        failures,
        row["since"] if goes_on else change.now,
        locked_at,
    )
    if locked_at:
        change.about, change.after = name, f"after {failures} wrong {_TYPED[what]}"
        record(change, system_call(appliance, "lock-out"), "done")


def has_failures(appliance: Appliance, name: str, what: Counted = Counted.PASSWORD) -> bool:
    """Say whether anything was counted against a user."""
    return appliance.store.row(f"SELECT 1 FROM {what.value} WHERE user = ?", name) is not None  # noqa: S608 - ours


def forget_failures(change: Change, name: str, what: Counted = Counted.PASSWORD) -> None:
    """Start counting anew: somebody came in by what is right, or was unlocked."""
    change.execute(f"DELETE FROM {what.value} WHERE user = ?", name)  # noqa: S608 - ours


def _seconds(appliance: Appliance, name: str, role: str, what: Counted) -> int:
    """Return how long a lock lasts; 0: until somebody unlocks it, which somebody must be able to."""
    seconds = LOCKOUT_SECONDS.read(appliance)
    if role != UserRole.TANADMIN:
        return seconds
    is_spared = not has_lasting_key(appliance, besides=name if what is Counted.CODE else "")
    if is_spared or (what is Counted.CODE and not seconds):
        return min(seconds or LONGEST_OF_THE_LAST_WAY, LONGEST_OF_THE_LAST_WAY)
    return seconds


def _anybody(_: Call, __: User) -> None:
    return


def _is_unlocked(appliance: Appliance, account: User) -> bool:
    return all(lock_of(appliance, account.name, what) is None for what in Counted)


def _unlock(_: Call, change: Change, account: User) -> None:
    for what in Counted:
        forget_failures(change, account.name, what)
    change.before, change.after = "locked out", "unlocked"


UNLOCK_USER: Operation[User] = Action(
    N_("Unlock a user"),
    N_("Neither the password nor the codes of this user are locked."),
    N_("Password, and keys with a code, sign in again at once; what is typed wrong is counted anew."),
    _anybody,
    _is_unlocked,
    _unlock,
).operation
