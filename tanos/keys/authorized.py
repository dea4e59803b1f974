"""The keys that may sign in as a user, and until when, from where, for what.

Invariant: only keys that were read strictly and written canonically stand here, so that asking for one is one indexed
look-up of its fingerprint and one comparison in constant time. What stands before a key is honoured or, where it can
no longer be read, keeps the key out.
"""

import hmac
import json
import sqlite3
from base64 import b64encode
from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.keys.addresses import is_from
from tanos.keys.options import KeyOptions, NotHonoured, read_options
from tanos.keys.public_key import SshPublicKey, fingerprint_of
from tanos.keys.trial_rows import KEY
from tanos.message import N_, Message
from tanos.moments import moment_text
from tanos.store.store import Change
from tanos.trials.rows import overtake

_TANADMINS = (
    " FROM authorized_keys JOIN users ON users.name = authorized_keys.user WHERE role = 'tanadmin' AND disabled = 0"
)
_REVOKED = "EXISTS (SELECT 1 FROM revoked_keys WHERE kind = 'key' AND value = authorized_keys.fingerprint)"
_UNPROVED = "options LIKE '%from=\"%' AND coalesce(last_used, '') = ''"
_LASTING = (
    f"{_TANADMINS} AND expires = '' AND options NOT LIKE 'cert-authority%' AND NOT {_REVOKED} AND NOT ({_UNPROVED})"
)
"""A key that ends, or that only signs certificates, is no way in that will be there tomorrow; nor is one that is
taken from some addresses only, as long as nobody came by it."""
_WAYS_IN = (
    "SELECT (SELECT count(*) FROM users WHERE role = 'tanadmin' AND disabled = 0"  # noqa: S608 - our own words
    f" AND password_hash IS NOT NULL AND name != ?1) + (SELECT count(*){_LASTING} AND users.name != ?1"
    " AND NOT (fingerprint IN (SELECT value FROM json_each(?2)) AND ?3 IN ('', users.name))) AS ways"
)


@dataclass(frozen=True)
class AuthorizedKey:
    """One key that may sign in, who let it, and who came by it."""

    fingerprint: str
    type: str
    bits: int
    comment: str
    added_by: str
    added_at: str
    added_from: str
    options: str
    """What stands before it, canonical."""
    expires: str
    """`2027-01-31T00:00:00Z`, or empty."""
    last_used: str
    """When a sign-in by it was completed, or empty."""
    last_from: str
    blob: str
    """The wire form in base64."""

    @property
    def line(self) -> str:
        """`options type base64 comment`, canonical."""
        return f"{self.options} {self.type} {self.blob} {self.comment}".strip()

    @property
    def is_authority(self) -> bool:
        """Whether it signs certificates instead of signing in."""
        return self.options.startswith("cert-authority")


_SELECT = f"SELECT {', '.join(field.name for field in fields(AuthorizedKey))} FROM authorized_keys"  # noqa: S608 - our own names


@dataclass(frozen=True)
class Admission:
    """A key that may sign in now, from there."""

    fingerprint: str
    options: KeyOptions


@dataclass(frozen=True)
class TurnedAway:
    """A known key that may not sign in, and why: for the audit, never for who offers it."""

    about: str
    """`SHA256:…`, and of a certificate what names it."""
    id: str


def authorized_keys(appliance: Appliance, user: str) -> list[AuthorizedKey]:
    """Return the keys that may sign in as `user`, the oldest first."""
    rows = appliance.store.rows(f"{_SELECT} WHERE user = ? ORDER BY id", user)
    return [AuthorizedKey(*row) for row in rows]


def authorized_key(appliance: Appliance, user: str, fingerprint: str) -> AuthorizedKey | None:
    """Return the key of `user` that has this fingerprint."""
    row = appliance.store.row(f"{_SELECT} WHERE user = ? AND fingerprint = ?", user, fingerprint)
    return AuthorizedKey(*row) if row else None


def admit(
    appliance: Appliance,
    user: str,
    type: str,  # noqa: A002 - promised name
    blob: bytes,
    address: str,
    now: datetime,
    *,
    as_authority: bool = False,
) -> Admission | TurnedAway | None:
    """Say whether a key may sign in as `user` from `address` now; None where it is unknown or the user disabled.

    `as_authority`: whether it may sign certificates for that, which is another question.
    """
    fingerprint = fingerprint_of(blob)
    row = appliance.store.row(
        "SELECT authorized_keys.type, blob, options, expires, EXISTS (SELECT 1 FROM revoked_keys WHERE kind = 'key'"
        " AND value = fingerprint) AS revoked FROM authorized_keys JOIN users ON users.name = authorized_keys.user"
        " WHERE user = ? AND fingerprint = ? AND disabled = 0",
        user,
        fingerprint,
    )
    if row is None or row["type"] != type or not hmac.compare_digest(row["blob"].encode(), b64encode(blob)):
        return None
    try:
        options = read_options(row["options"])
    except NotHonoured:
        return TurnedAway(fingerprint, "key-options-unread")
    if options.is_authority != as_authority:
        return None
    why = _why_not(row, options, address, now)
    return TurnedAway(fingerprint, why) if why else Admission(fingerprint, options)


def _why_not(row: sqlite3.Row, options: KeyOptions, address: str, now: datetime) -> str:
    if row["revoked"]:
        return "key-revoked"
    if row["expires"] and moment_text(now) >= row["expires"]:
        return "key-expired"
    if options.origin and not is_from(options.origin, address):
        return "key-from-elsewhere"
    return ""


def authorize(change: Change, call: Call, user: str, key: SshPublicKey, options: KeyOptions | None = None) -> None:
    """Let a key sign in as `user`."""
    options = options or KeyOptions()
    overtake(change, KEY, user=user, fingerprint=key.fingerprint)
    change.execute(
        "INSERT INTO authorized_keys (user, type, blob, fingerprint, bits, comment, added_by, added_at, added_from,"
        " options, expires) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        user,
        key.type,
        b64encode(key.blob).decode(),
        key.fingerprint,
        key.bits,
        key.comment,
        call.actor.user,
        change.now,
        call.actor.address or call.actor.face,
        str(options),
        options.expires,
    )


def may_be_own(call: Call, user: str, fingerprint: str) -> bool:
    """Say whether the present session is one of `user` that came in by this key, or by a certificate of it."""
    actor = call.actor
    if actor.user != user or not actor.key or actor.key == fingerprint:
        return actor.user == user and actor.key == fingerprint
    key = authorized_key(call.appliance, user, fingerprint)
    return key is not None and key.is_authority and authorized_key(call.appliance, user, actor.key) is None


def take_away(change: Change, user: str, fingerprint: str) -> None:
    """Let a key no longer sign in as `user`."""
    change.execute("DELETE FROM authorized_keys WHERE user = ? AND fingerprint = ?", user, fingerprint)


def used(change: Change, user: str, fingerprint: str, address: str) -> None:
    """Write down that a sign-in by a key was completed."""
    change.execute(
        "UPDATE authorized_keys SET last_used = ?, last_from = ? WHERE user = ? AND fingerprint = ?",
        change.now,
        address,
        user,
        fingerprint,
    )


def has_lasting_key(appliance: Appliance, *, besides: str = "") -> bool:
    """Say whether somebody, `besides` one user, can sign in as a tanadmin by a key, tomorrow too."""
    return appliance.store.row(f"SELECT 1{_LASTING} AND users.name != ?", besides) is not None


def ways_in(appliance: Appliance, *, besides: str = "", without: Collection[str] = (), user: str = "") -> int:
    """Count the passwords and keys by which somebody, `besides` one user, can sign in as a tanadmin.

    `without` the keys of those fingerprints: those of one `user`, or of whoever has them.
    """
    row = appliance.store.row(_WAYS_IN, besides, json.dumps(list(without)), user)
    return int(row["ways"]) if row else 0


def not_counted(appliance: Appliance) -> dict[str, tuple[Message, str]]:
    """Return the keys of tanadmins that are no way in which will last: why, and whose, by fingerprint."""
    rows = appliance.store.rows(
        f"SELECT fingerprint, users.name AS user, expires, options, {_REVOKED} AS revoked, {_UNPROVED} AS unproved"
        f"{_TANADMINS} ORDER BY authorized_keys.id"
    )
    whys = {row["fingerprint"]: (_why_not_counted(row), row["user"]) for row in rows}
    return {fingerprint: (why, user) for fingerprint, (why, user) in whys.items() if why is not None}


def _why_not_counted(row: sqlite3.Row) -> Message | None:
    if row["revoked"]:
        return N_("revoked")
    if row["expires"]:
        return N_("ends {moment}", moment=row["expires"])
    if row["options"].startswith("cert-authority"):
        return N_("only signs certificates")
    return N_("taken from some addresses only, and nobody came by it yet") if row["unproved"] else None
