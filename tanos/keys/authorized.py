"""The keys that may sign in as a user.

Invariant: only keys that were read strictly and written canonically stand here, so that asking for one is one indexed
look-up of its fingerprint and one comparison in constant time.
"""

import hmac
from base64 import b64encode
from dataclasses import dataclass

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.keys.public_key import SshPublicKey, fingerprint_of
from tanos.store.store import Change


@dataclass(frozen=True)
class AuthorizedKey:
    """One key that may sign in, and who let it."""

    fingerprint: str
    type: str
    bits: int
    comment: str
    added_by: str
    added_at: str
    added_from: str
    line: str
    """`type base64 comment`, canonical."""


def authorized_keys(appliance: Appliance, user: str) -> list[AuthorizedKey]:
    """Return the keys that may sign in as `user`, the oldest first."""
    rows = appliance.store.rows("SELECT * FROM authorized_keys WHERE user = ? ORDER BY id", user)
    return [
        AuthorizedKey(
            row["fingerprint"],
            row["type"],
            row["bits"],
            row["comment"],
            row["added_by"],
            row["added_at"],
            row["added_from"],
            f"{row['type']} {row['blob']} {row['comment']}".rstrip(),
        )
        for row in rows
    ]


def is_authorized(appliance: Appliance, user: str, type: str, blob: bytes) -> str | None:  # noqa: A002 - promised name
    """Return the fingerprint of a key that may sign in as `user`, else None; a disabled user has none."""
    fingerprint = fingerprint_of(blob)
    row = appliance.store.row(
        "SELECT authorized_keys.type, blob FROM authorized_keys JOIN users ON users.name = authorized_keys.user"
        " WHERE user = ? AND fingerprint = ? AND disabled = 0",
        user,
        fingerprint,
    )
    if row is None or row["type"] != type or not hmac.compare_digest(row["blob"].encode(), b64encode(blob)):
        return None
    return fingerprint


def authorize(change: Change, call: Call, user: str, key: SshPublicKey) -> None:
    """Let a key sign in as `user`."""
    change.execute(
        "INSERT INTO authorized_keys (user, type, blob, fingerprint, bits, comment, added_by, added_at, added_from)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        user,
        key.type,
        b64encode(key.blob).decode(),
        key.fingerprint,
        key.bits,
        key.comment,
        call.actor.user,
        change.now,
        call.actor.address or call.actor.face,
    )


def take_away(change: Change, user: str, fingerprint: str) -> None:
    """Let a key no longer sign in as `user`."""
    change.execute("DELETE FROM authorized_keys WHERE user = ? AND fingerprint = ?", user, fingerprint)


def ways_in(appliance: Appliance, *, besides: str = "") -> int:
    """Count the passwords and keys by which somebody, `besides` one user, can sign in as a tanadmin."""
    row = appliance.store.row(
        "SELECT (SELECT count(*) FROM users WHERE role = 'tanadmin' AND disabled = 0 AND password_hash IS NOT NULL"
        " AND name != ?1) + (SELECT count(*) FROM authorized_keys JOIN users ON users.name = authorized_keys.user"
        " WHERE role = 'tanadmin' AND disabled = 0 AND users.name != ?1) AS ways",
        besides,
    )
    return int(row["ways"]) if row else 0
