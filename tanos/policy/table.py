"""Every policy of the console, a row each. Menu lines, verbs and readers name these records, never a string."""

from tanos.appliance import Appliance
from tanos.message import N_, Message
from tanos.policy.door import DOOR_POLICIES
from tanos.policy.policy import Policy
from tanos.policy.units import DAYS, MINUTES, NEVER, SECONDS

MEGABYTES = N_("megabytes")
_FOR_NEW_CONNECTIONS = N_("It holds for connections that begin from now on.")


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


MENU_TIMEOUT = Policy(
    "menu-timeout",
    N_("Menu timeout"),
    default=900,
    least=10,
    most=86_400,
    unit=SECONDS,
    zero=NEVER,
    told=N_("A menu where nothing is typed for that long is signed out. It holds for those who sign in from now on."),
)
CONFIRM_MINUTES = Policy(
    "confirm-minutes",
    N_("Confirm a change within"),
    default=10,
    least=1,
    most=60,
    unit=MINUTES,
    told=N_("A change that can keep people out goes back after that time, unless a new sign-in confirms it."),
)
LOCKOUT_FAILURES = Policy(
    "lockout-failures",
    N_("Lock-out after"),
    default=3,
    least=2,
    most=20,
    unit=N_("wrong passwords"),
    zero=NEVER,
    told=N_("So many of one user within 15 minutes, and his password is locked. Keys always sign in."),
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

INCOMING_MEGABYTES = Policy(
    "incoming-megabytes",
    N_("Room of /incoming"),
    default=2048,
    least=16,
    most=1_048_576,
    unit=MEGABYTES,
    told=_FOR_NEW_CONNECTIONS,
)
INCOMING_FILES = Policy(
    "incoming-files",
    N_("Most files of /incoming"),
    default=4096,
    least=16,
    most=65_536,
    unit=N_("files"),
    told=_FOR_NEW_CONNECTIONS,
)
INCOMING_LARGEST = Policy(
    "incoming-largest",
    N_("Largest file taken"),
    default=1024,
    least=1,
    most=16_384,
    unit=MEGABYTES,
    told=_FOR_NEW_CONNECTIONS,
)
INCOMING_KNOWN_ONLY = Policy(
    "incoming-known-only",
    N_("Take known kinds only"),
    default=0,
    told=N_(
        "Then certificate requests, certificates, public keys, banners and packages are taken, and nothing else."
        " A private key never is, but where it is asked for."
    ),
)
INCOMING_EMPTIED = Policy(
    "incoming-emptied",
    N_("Empty /incoming daily"),
    default=1,
    told=N_("All files go, but those of open exchanges and what is being sent; it is announced an hour before."),
)
INCOMING_HOUR = Policy(
    "incoming-hour",
    N_("Hour of emptying (UTC)"),
    default=2,
    most=23,
    unit=N_("o'clock UTC"),
)
OUTGOING_DAYS = Policy(
    "outgoing-days",
    N_("Keep files of /outgoing"),
    default=7,
    least=1,
    most=365,
    unit=DAYS,
    zero=N_("for ever"),
    told=N_("Older files are removed when /incoming is emptied, but never those of open exchanges."),
)

POLICIES = (
    MENU_TIMEOUT,
    *DOOR_POLICIES,
    CONFIRM_MINUTES,
    LOCKOUT_FAILURES,
    LOCKOUT_SECONDS,
    PASSWORD_MIN_DAYS,
    PASSWORD_MAX_DAYS,
    PASSWORD_MIN_LENGTH,
    PASSWORD_HISTORY,
    INCOMING_MEGABYTES,
    INCOMING_FILES,
    INCOMING_LARGEST,
    INCOMING_KNOWN_ONLY,
    INCOMING_EMPTIED,
    INCOMING_HOUR,
    OUTGOING_DAYS,
)
