"""Every policy of the console, a row each. Menu lines, verbs and readers name these records, never a string."""

from tanos.message import N_
from tanos.policy.accounts import ACCOUNT_POLICIES
from tanos.policy.door import DOOR_POLICIES
from tanos.policy.policy import Policy
from tanos.policy.units import DAYS, MINUTES, NEVER, SECONDS

MEGABYTES = N_("megabytes")
_FOR_NEW_CONNECTIONS = N_("It holds for connections that begin from now on.")

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
AUDIT_DAYS = Policy(
    "audit-days",
    N_("Keep audit records"),
    default=400,
    least=1,
    most=36_500,
    unit=DAYS,
    zero=N_("for ever"),
    told=N_("Older ones are put away into backups when an administrator says so, and not before."),
)

POLICIES = (
    MENU_TIMEOUT,
    *DOOR_POLICIES,
    CONFIRM_MINUTES,
    *ACCOUNT_POLICIES,
    INCOMING_MEGABYTES,
    INCOMING_FILES,
    INCOMING_LARGEST,
    INCOMING_KNOWN_ONLY,
    INCOMING_EMPTIED,
    INCOMING_HOUR,
    OUTGOING_DAYS,
    AUDIT_DAYS,
)
