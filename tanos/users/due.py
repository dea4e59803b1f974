"""When a password has to be changed, and when it may be.

Invariant: only a sign-in by that very password is held up by it; keys and verbs by key never are.
"""

from datetime import datetime, timedelta

from tanos.appliance import Appliance
from tanos.message import N_, Message
from tanos.policy.accounts import PASSWORD_MAX_DAYS, PASSWORD_MIN_DAYS
from tanos.users.accounts import User


def why_due(appliance: Appliance, account: User) -> Message | None:
    """Return why whoever signs in by this password has to choose another one; None where he need not."""
    if not account.has_password:
        return None
    if account.must_change:
        return N_("This password was set for you: choose your own now.")
    days = PASSWORD_MAX_DAYS.read(appliance)
    if days and _age(appliance, account) >= timedelta(days=days):
        return N_(
            "Your password is older than {count} day: choose another one now.",
            "Your password is older than {count} days: choose another one now.",
            count=days,
        )
    return None


def may_change_from(appliance: Appliance, account: User) -> datetime | None:
    """Return from when the password may be changed, where that is later than now."""
    days = PASSWORD_MIN_DAYS.read(appliance)
    if account.must_change or _age(appliance, account) >= timedelta(days=days):
        return None
    return appliance.clock() - _age(appliance, account) + timedelta(days=days)


def _age(appliance: Appliance, account: User) -> timedelta:
    """Return how old the password is; of one whose date is lost, or lies ahead, it is none."""
    try:
        return max(timedelta(), appliance.clock() - datetime.fromisoformat(account.password_changed_at))
    except ValueError:
        return timedelta()
