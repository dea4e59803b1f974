"""The policies of accounts: passwords, lock-out, codes."""

from tanos.appliance import Appliance
from tanos.message import N_, Message
from tanos.policy.codes_after_keys import without_a_device
from tanos.policy.policy import Policy
from tanos.policy.units import DAYS, NEVER, SECONDS


def _above_the_longest(appliance: Appliance, days: int) -> Message | None:
    longest = PASSWORD_MAX_DAYS.read(appliance)
    if not longest or days <= longest:
        return None
    return N_("A password would have to be changed after {longest} days, before it may be.", longest=longest)


def _below_the_shortest(appliance: Appliance, days: int) -> Message | None:
    shortest = PASSWORD_MIN_DAYS.read(appliance)
    if not days or days >= shortest:
        return None
    return N_("A password may be changed after {shortest} days only.", shortest=shortest)


MFA_REQUIRED = Policy(
    "mfa-required",
    N_("Codes with passwords"),
    default=0,
    told=N_("Who signs in by password is asked for a code too, and enrols a device at the first time."),
)
MFA_KEYS = Policy(
    "mfa-keys",
    N_("Codes after keys"),
    default=0,
    told=N_(
        "A key alone opens nothing any more, no menu and no verb, except to tancopy and to users who are exempt from"
        " codes: exempt automation first. Who has no device enrols one at the next sign-in, by key and password."
    ),
    keeps_out=lambda on: (
        N_("Users whose device shows no right code, or who have none, are kept out.") if on else None
    ),
    weighed=without_a_device,
)
LOCKOUT_FAILURES = Policy(
    "lockout-failures",
    N_("Lock-out after"),
    default=3,
    least=2,
    most=20,
    unit=N_("wrong passwords"),
    zero=NEVER,
    told=N_(
        "So many of one user within 15 minutes, and his password is locked: keys always sign in. So many wrong codes"
        " after a key, and no code of his is taken after one."
    ),
)
LOCKOUT_SECONDS = Policy(
    "lockout-seconds",
    N_("Lock-out lasts"),
    default=600,
    least=10,
    most=86_400,
    unit=SECONDS,
    zero=N_("until unlocked"),
    told=N_(
        "Where no tanadmin user has a key, the password of a tanadmin is never locked for more than 600 seconds."
    ),
)
PASSWORD_MIN_DAYS = Policy(
    "password-min-days",
    N_("Minimum password lifetime"),
    default=0,
    most=20,
    unit=DAYS,
    told=N_("So long a password that one chose oneself cannot be changed again by oneself."),
    misfit=_above_the_longest,
)
PASSWORD_MAX_DAYS = Policy(
    "password-max-days",
    N_("Maximum password lifetime"),
    default=90,
    least=1,
    most=360,
    unit=DAYS,
    zero=NEVER,
    told=N_("An older password is changed when it signs in; 0: never. Keys and verbs by key go on."),
    misfit=_below_the_shortest,
)
PASSWORD_MIN_LENGTH = Policy(
    "password-min-length",
    N_("Minimum password length"),
    default=10,
    least=10,
    most=30,
    unit=N_("characters"),
    told=N_("It holds for passwords that are chosen from now on."),
)
PASSWORD_HISTORY = Policy(
    "password-history",
    N_("Passwords not used again"),
    default=4,
    most=10,
    unit=N_("former passwords"),
    told=N_("The present password is never taken again, whatever this says."),
)

ACCOUNT_POLICIES = (
    MFA_REQUIRED,
    MFA_KEYS,
    LOCKOUT_FAILURES,
    LOCKOUT_SECONDS,
    PASSWORD_MIN_DAYS,
    PASSWORD_MAX_DAYS,
    PASSWORD_MIN_LENGTH,
    PASSWORD_HISTORY,
)
