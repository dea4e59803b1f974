"""Every policy of the console, a row each. Menu lines, verbs and readers name these records, never a string."""

from tanos.message import N_
from tanos.policy.policy import Policy

SECONDS, MINUTES, HOURS, DAYS = N_("seconds"), N_("minutes"), N_("hours"), N_("days")
NEVER, NO_LIMIT = N_("never"), N_("no limit")

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

POLICIES = (MENU_TIMEOUT,)
