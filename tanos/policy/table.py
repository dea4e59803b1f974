"""Every policy of the console, a row each. Menu lines, verbs and readers name these records, never a string."""

from tanos.appliance import Appliance
from tanos.message import N_, Message
from tanos.policy.policy import Policy

SECONDS, MINUTES, HOURS, DAYS = N_("seconds"), N_("minutes"), N_("hours"), N_("days")
NEVER, NO_LIMIT = N_("never"), N_("no limit")
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
PENALTY_AFTER = Policy(
    "penalty-after",
    N_("Wrong passwords to a penalty"),
    default=10,
    least=3,
    most=1000,
    unit=N_("wrong passwords"),
    zero=NEVER,
    told=N_(
        "So many from one network within a quarter of an hour, and no password from there is checked for a while."
        " Keys always sign in."
    ),
)
PENALTY_SECONDS = Policy(
    "penalty-seconds",
    N_("Length of a penalty"),
    default=600,
    least=10,
    most=86_400,
    unit=SECONDS,
    told=N_("Penalties that hold already end as they were said to."),
)
LOGIN_GRACE = Policy(
    "login-grace",
    N_("Time to sign in"),
    default=60,
    least=5,
    most=600,
    unit=SECONDS,
    told=N_("Who has not signed in by then is disconnected."),
)
SESSION_LIMIT = Policy(
    "session-limit",
    N_("Longest connection"),
    default=0,
    least=5,
    most=43_200,
    unit=MINUTES,
    zero=NO_LIMIT,
    told=N_("A connection that lasts longer is ended, whatever is open in it."),
)
IDLE_LIMIT = Policy(
    "idle-limit",
    N_("Idle connection"),
    default=30,
    least=1,
    most=1440,
    unit=MINUTES,
    zero=NO_LIMIT,
    told=N_(
        "A connection is ended where nothing is open for that long, or only SFTP by which nothing is asked."
        " Menus have a time limit of their own."
    ),
)
KEEP_ALIVE = Policy(
    "keep-alive",
    N_("Ask silent clients after"),
    default=60,
    least=1,
    most=3600,
    unit=SECONDS,
    zero=NEVER,
    told=N_("A client that leaves four such questions unanswered is disconnected."),
)
REKEY_MEGABYTES = Policy(
    "rekey-megabytes",
    N_("New keys after (data)"),
    default=1024,
    least=1,
    most=65_536,
    unit=N_("megabytes"),
    told=N_("Session keys are exchanged anew after so much was sent."),
)
REKEY_MINUTES = Policy(
    "rekey-minutes",
    N_("New keys after (time)"),
    default=60,
    least=1,
    most=1440,
    unit=MINUTES,
    zero=NEVER,
    told=N_("Session keys are exchanged anew after that time."),
)
CONCURRENT_LOGINS = Policy(
    "concurrent-logins",
    N_("Maximum concurrent logins"),
    default=0,
    least=1,
    most=100,
    unit=N_("menus of one user"),
    zero=NO_LIMIT,
    told=N_("Verbs and SFTP are not counted, so that this can always be decided anew."),
)
POST_QUANTUM_ONLY = Policy(
    "post-quantum-only",
    N_("Post-quantum key exchange only"),
    default=0,
    told=N_("Then OpenSSH 9.9 or newer is needed to sign in, or another client that has mlkem768x25519-sha256."),
    keeps_out=lambda on: N_("Clients without mlkem768x25519-sha256 are kept out.") if on else None,
)
OLD_CLIENTS = Policy(
    "old-clients",
    N_("Algorithms for old clients"),
    default=0,
    told=N_(
        "NIST curves, chacha20-poly1305 and MACs of the older form are offered too, never SHA-1."
        " Each sign-in that uses one leaves a record that names it."
    ),
    keeps_out=lambda on: None if on else N_("Clients that need one of them are kept out."),
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
    PENALTY_AFTER,
    PENALTY_SECONDS,
    LOGIN_GRACE,
    SESSION_LIMIT,
    IDLE_LIMIT,
    KEEP_ALIVE,
    REKEY_MEGABYTES,
    REKEY_MINUTES,
    CONCURRENT_LOGINS,
    POST_QUANTUM_ONLY,
    OLD_CLIENTS,
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
