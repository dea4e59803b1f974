"""A password takes the place of another one.

Invariant: what it replaces is kept as a hash, as far back as any policy looks; sessions that the former one opened
are told apart by the epoch, and end; failures that were counted against the former one are forgotten.
"""

from tanos.store.store import Change

MOST_KEPT = 10
"""Former passwords of one user: the most that the policy may look back."""


def replace_password(change: Change, user: str, password_hash: str | None, *, must_change: bool) -> None:
    """Give `user` another password, or none; whoever signs in by it has to change it where it `must_change`."""
    change.execute(
        "INSERT INTO former_passwords (user, password_hash, replaced_at)"
        " SELECT name, password_hash, ? FROM users WHERE name = ? AND password_hash IS NOT NULL",
        change.now,
        user,
    )
    change.execute(
        "DELETE FROM former_passwords WHERE user = ?1 AND id NOT IN"
        " (SELECT id FROM former_passwords WHERE user = ?1 ORDER BY id DESC LIMIT ?2)",
        user,
        MOST_KEPT,
    )
    change.execute(
        "UPDATE users SET password_hash = ?, password_changed_at = ?, must_change = ?,"
        " password_epoch = password_epoch + 1, revision = revision + 1 WHERE name = ?",
        password_hash,
        change.now if password_hash else None,
        int(must_change),
        user,
    )
    change.execute("DELETE FROM failed_passwords WHERE user = ?", user)
