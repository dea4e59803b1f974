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
CONFIRM_MINUTES = Policy(
    "confirm-minutes",
    N_("Confirm a change within"),
    default=10,
    least=1,
    most=60,
    unit=MINUTES,
    told=N_("A change that can keep people out goes back after that time, unless a new sign-in confirms it."),
)

POLICIES = (
    MENU_TIMEOUT,
    CONFIRM_MINUTES,
)
