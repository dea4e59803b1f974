"""Codes of a second device (RFC 6238: SHA-1, six digits, every thirty seconds), asked for beside a password.

Invariants: a code is taken once and never again, nor one before it, also by two that come at the same moment; one
step too early or too late is forgiven. A step that was taken while the clock was ahead counts for nothing once it is
right again. The secret has to be known to check a code, so that it is kept as it is, in the database that only the
appliance can read (0600): to encrypt it with a key that lies beside it would protect nothing. It is shown once, when
it is made. Who is exempted by an administrator is not asked.
"""

import hashlib
import hmac
import secrets
from base64 import b32encode
from contextlib import suppress
from dataclasses import dataclass

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.errors import TanosError
from tanos.platform import UserRole
from tanos.policy.accounts import MFA_KEYS, MFA_REQUIRED
from tanos.secret import Secret
from tanos.store.store import Change

STEP_SECONDS = 30
DIGITS = 6
_SECRET_BYTES = 20
_FORGIVEN_STEPS = (-1, 0, 1)
_latest: dict[str, tuple[bytes, int]] = {}
"""The newest step that this process took, and a digest of the secret, by user: for a disk that takes no record."""


@dataclass(frozen=True)
class Factor:
    """The second device of one user."""

    secret: Secret | None
    """None where no device is enrolled."""
    pending: Secret | None
    """Made and shown, and not confirmed by a first code."""
    step: int
    """Of the newest code that was taken."""
    exempt: bool
    role: UserRole


def factor_of(appliance: Appliance, name: str) -> Factor | None:
    """Return the second device of a user; None where there is no such user."""
    row = appliance.store.row(
        "SELECT totp_secret, totp_pending, totp_step, totp_exempt, role FROM users WHERE name = ?", name
    )
    if row is None:
        return None
    known, pending = (Secret(row[column]) if row[column] else None for column in ("totp_secret", "totp_pending"))
    return Factor(known, pending, row["totp_step"], bool(row["totp_exempt"]), UserRole(row["role"]))


def asks_everybody(appliance: Appliance) -> bool:
    """Say whether the dialogue asks for a code: of all who come by password alike, or it would tell who has one."""
    enrolled = "SELECT 1 FROM users WHERE totp_secret IS NOT NULL AND totp_exempt = 0"
    return bool(MFA_REQUIRED.read(appliance)) or appliance.store.row(enrolled) is not None


def wants_code(appliance: Appliance, factor: Factor | None, *, by_key: bool) -> bool:
    """Say whether this user is not in by his first proof alone."""
    if factor is None or factor.exempt or factor.role is UserRole.TANCOPY:
        return False
    if by_key:
        return bool(MFA_KEYS.read(appliance))
    return factor.secret is not None or bool(MFA_REQUIRED.read(appliance))


def take_code(call: Call, name: str, typed: str) -> bool:
    """Say whether `typed` is a code of the user's device that was never taken, and take it."""
    factor = factor_of(call.appliance, name)
    if factor is None or factor.secret is None:
        return False
    step = matching_step(call.appliance, factor.secret, typed)
    about = hashlib.sha256(factor.secret.reveal()).digest()
    known, latest = _latest.get(name, (about, 0))
    taken_before = [
        each for each in (factor.step, latest if known == about else 0) if each <= _newest(call.appliance)
    ]
    if step is None or step <= max(taken_before, default=0):
        return False
    taken = True
    with suppress(TanosError), call.appliance.store.change(call) as change:
        change.quiet = True
        sql = "UPDATE users SET totp_step = ?1 WHERE name = ?2 AND (totp_step < ?1 OR totp_step > ?3)"
        taken = change.execute(sql, step, name, _newest(call.appliance)).rowcount == 1
    _latest[name] = about, step
    return taken


def _newest(appliance: Appliance) -> int:
    """Return the newest step of which a code is forgiven; one beyond it was taken while the clock was ahead."""
    return _step_now(appliance) + max(_FORGIVEN_STEPS)


def _step_now(appliance: Appliance) -> int:
    return int(appliance.clock().timestamp()) // STEP_SECONDS


def matching_step(appliance: Appliance, secret: Secret, typed: str) -> int | None:
    """Return the step of which `typed` is the code: of now, or one beside it."""
    code = "".join(typed.split())
    now = _step_now(appliance)
    found = None
    for step in (now + beside for beside in _FORGIVEN_STEPS):
        if hmac.compare_digest(code_at(secret, step), code.encode()):
            found = step
    return found


def code_at(secret: Secret, step: int) -> bytes:
    """Return the code of a step."""
    return _totp(secret).generate(step * STEP_SECONDS)


def new_secret() -> Secret:
    """Make a secret of 160 bits."""
    return Secret(secrets.token_bytes(_SECRET_BYTES))


def base32(secret: Secret) -> str:
    """Return a secret as people type it into a device."""
    return b32encode(secret.reveal()).decode()


def uri(appliance: Appliance, name: str, secret: Secret) -> str:
    """Return a secret as devices read it."""
    return _totp(secret).get_provisioning_uri(name, appliance.identity.fqdn)


def keep_pending(change: Change, name: str, secret: Secret) -> None:
    """Keep a secret that was shown and waits for its first code."""
    change.execute("UPDATE users SET totp_pending = ? WHERE name = ?", secret.reveal(), name)


def enrol(change: Change, name: str, secret: Secret, step: int) -> None:
    """Let the codes of `secret` count from now on; the code of `step` was its first."""
    change.execute(
        "UPDATE users SET totp_secret = ?, totp_pending = NULL, totp_step = ? WHERE name = ?",
        secret.reveal(),
        step,
        name,
    )


def _totp(secret: Secret) -> TOTP:
    return TOTP(secret.reveal(), DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303 - what devices know
