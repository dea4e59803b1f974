"""A, Appliance Configuration: what the console itself demands of those who sign in."""

from menus import door_menu
from menus.item import Item, Menu
from menus.policy_lines import LIST, line
from tanos.message import N_
from tanos.policy.accounts import (
    LOCKOUT_FAILURES,
    LOCKOUT_SECONDS,
    PASSWORD_HISTORY,
    PASSWORD_MAX_DAYS,
    PASSWORD_MIN_DAYS,
    PASSWORD_MIN_LENGTH,
)
from tanos.policy.door import (
    CONCURRENT_LOGINS,
    IDLE_LIMIT,
    KEEP_ALIVE,
    LOGIN_GRACE,
    OLD_CLIENTS,
    PENALTY_AFTER,
    PENALTY_SECONDS,
    POST_QUANTUM_ONLY,
    REKEY_MEGABYTES,
    REKEY_MINUTES,
    SESSION_LIMIT,
)
from tanos.policy.table import CONFIRM_MINUTES, MENU_TIMEOUT

DENIAL_OF_SERVICE = Menu(
    "6",
    N_("DoS Protection"),
    (
        *door_menu.PENALTY_LINES,
        line("5", N_("Set Failures to a Penalty"), PENALTY_AFTER),
        line("6", N_("Set Length of a Penalty"), PENALTY_SECONDS),
    ),
    help=N_("Who guesses passwords waits: his network's passwords are not checked for a while. Keys always sign in."),
)
LIMITS = Menu(
    "8",
    N_("Connection Limits"),
    (
        line("1", N_("Set Time to Sign In"), LOGIN_GRACE),
        line("2", N_("Set Longest Connection"), SESSION_LIMIT),
        line("3", N_("Set Idle Time of a Connection"), IDLE_LIMIT),
        line("4", N_("Set Keep-Alive"), KEEP_ALIVE),
        line("5", N_("Set Data between New Keys"), REKEY_MEGABYTES),
        line("6", N_("Set Time between New Keys"), REKEY_MINUTES),
    ),
)
CONFIRM = line("7", N_("Time to confirm a change"), CONFIRM_MINUTES)
ALGORITHMS = Menu(
    "9",
    N_("SSH Algorithms"),
    (
        line("1", N_("Set Post-Quantum Only"), POST_QUANTUM_ONLY),
        line("2", N_("Set Old Clients"), OLD_CLIENTS),
    ),
)
ADVANCED = Menu(
    "X",
    N_("Advanced Security"),
    (line("5", N_("Set Menu Timeout"), MENU_TIMEOUT), DENIAL_OF_SERVICE, CONFIRM, LIMITS, ALGORITHMS),
)
POLICY = Menu(
    "P",
    N_("Security Policy"),
    (
        line("1", N_("Set Minimum Lifetime"), PASSWORD_MIN_DAYS),
        line("2", N_("Set Maximum Lifetime"), PASSWORD_MAX_DAYS),
        line("3", N_("Set Minimum Length"), PASSWORD_MIN_LENGTH),
        line("4", N_("Set Password History"), PASSWORD_HISTORY),
        line("F", N_("Set Account Lockout Failures"), LOCKOUT_FAILURES),
        line("L", N_("Set Account Lockout Time"), LOCKOUT_SECONDS),
        line("M", N_("Set Maximum Concurrent Logins"), CONCURRENT_LOGINS),
    ),
    help=N_(
        "What is demanded of passwords, when wrong ones lock a user out, and how often one user signs in at once."
    ),
)
SECURITY = Menu(
    "A",
    N_("Security"),
    (
        door_menu.MANAGE_SSH,
        door_menu.SSH_BANNER,
        door_menu.SSH_FINGERPRINTS,
        Item("L", N_("List of all policies"), LIST),
        POLICY,
        ADVANCED,
    ),
)
MENU = Menu("A", N_("Appliance Configuration"), (SECURITY,))
