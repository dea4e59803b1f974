"""The policies of the front door: penalties for guessing, how long one may stay, and which algorithms it offers."""

from tanos.message import N_
from tanos.policy.policy import Policy
from tanos.policy.units import MINUTES, NEVER, NO_LIMIT, SECONDS

PENALTY_AFTER = Policy(
    "penalty-after",
    N_("Failures to a penalty"),
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
    N_("Post-quantum only"),
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

DOOR_POLICIES = (
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
)
