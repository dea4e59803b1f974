"""Who would be kept out once a code is wanted after a key: those who have no device that shows codes.

Invariant: nobody keeps himself out, and who is kept out, or could be, is named before it is decided.
"""

from tanos import deeds
from tanos.actor import Call
from tanos.errors import AnswerRefused
from tanos.finding import Finding, refuse, warn
from tanos.message import N_
from tanos.platform import UserRole

NO_DEVICE = "no-device"


def without_a_device(call: Call, on: int) -> tuple[Finding, ...]:
    """Name the users without a device. Raises AnswerRefused `no-device` where the caller is one of them."""
    rows = call.appliance.store.rows(
        "SELECT name, password_hash IS NOT NULL AS has_password FROM users WHERE totp_secret IS NULL"
        " AND NOT totp_exempt AND NOT disabled AND role <> ? ORDER BY name",
        UserRole.TANCOPY.value,
    )
    if not on or not rows:
        return ()
    if call.actor.user in [row["name"] for row in rows]:
        raise AnswerRefused.because(
            refuse(
                NO_DEVICE,
                N_("You have no device that shows codes: this would keep you out yourself."),
                N_("Enrol one first: {enrol}.", enrol=deeds.ENROL_DEVICE),
            )
        )
    by_password = [row["name"] for row in rows if row["has_password"]]
    not_at_all = [row["name"] for row in rows if not row["has_password"]]
    return tuple(
        warn(NO_DEVICE, message, N_("Have them enrol one first, or exempt them: {exempt}.", exempt=deeds.EXEMPT_USER))
        for message, names in (
            (
                N_("No device yet, to be enrolled by key and password: {users}.", users=", ".join(by_password)),
                by_password,
            ),
            (
                N_("No device, and no password to enrol one: {users} will be kept out.", users=", ".join(not_at_all)),
                not_at_all,
            ),
        )
        if names
    )
