"""Choosing one's own password: what every way to do it holds against it.

Invariant: the same rules for the menu, the verb and the dialogue of the sign-in. Sessions take turns at hashes: one
at a time on the whole appliance, beside the one of the front door, however many are open.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tanos.appliance import Appliance
from tanos.errors import AnswerRefused
from tanos.finding import refuse
from tanos.message import N_
from tanos.policy.accounts import PASSWORD_HISTORY, PASSWORD_MIN_LENGTH
from tanos.secret import Secret
from tanos.users.accounts import User
from tanos.users.due import may_change_from
from tanos.users.password import matches
from tanos.users.rules import check_rules


def check_choice(appliance: Appliance, account: User, new: Secret, again: Secret) -> None:
    """Raise AnswerRefused `passwords-differ`, `weak-password`, `password-reused` or `too-soon`.

    Blocks for up to eleven hashes of about 40 ms: call it in a thread.
    """
    if not new.same(again):
        raise AnswerRefused(
            "passwords-differ", N_("The two new passwords are not the same."), N_("Type the same one twice.")
        )
    check_rules(new, account.name, PASSWORD_MIN_LENGTH.read(appliance))
    earliest = may_change_from(appliance, account)
    if earliest is not None:
        raise AnswerRefused(
            "too-soon",
            N_("The password was changed a short while ago."),
            N_(
                "Change it from {when} UTC on, or have a tanadmin user reset it.",
                when=earliest.strftime("%Y-%m-%d %H:%M"),
            ),
        )
    _refuse_reused(appliance, account, new)


@contextmanager
def in_turn(appliance: Appliance) -> Iterator[None]:
    """Wait for one's turn to compute hashes; where the directory cannot be locked, there are no turns."""
    lock = -1
    with suppress(OSError):
        lock = os.open(appliance.home / "log", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if lock >= 0:
            os.close(lock)


def _refuse_reused(appliance: Appliance, account: User, new: Secret) -> None:
    """Refuse the present password always, and as many before it as the policy says."""
    kept = appliance.store.rows(
        "SELECT password_hash FROM (SELECT 1 AS present, 0 AS id, password_hash FROM users WHERE name = ?1"
        " AND password_hash IS NOT NULL UNION ALL SELECT 0, id, password_hash FROM former_passwords WHERE user = ?1)"
        " ORDER BY present DESC, id DESC LIMIT ?2",
        account.name,
        1 + PASSWORD_HISTORY.read(appliance),
    )
    for row in kept:
        if matches(new, row["password_hash"]):
            raise AnswerRefused.because(
                refuse(
                    "password-reused",
                    N_("This password was yours before, or is it now."),
                    N_("Choose one that you have not had lately."),
                )
            )
