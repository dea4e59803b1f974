"""C, User Administration: the accounts, and the SSH keys of each user."""

from menus.accounts_menu import ADD_LINE, LIST_LINE, USERS
from menus.codes_menu import MENU as CODES
from menus.codes_menu import OWN_DEVICE
from menus.console_users_menu import MENU as CONSOLE_USERS
from menus.item import Menu
from menus.keys_menu import SSH_KEYS
from menus.known_keys_menu import MENU as KNOWN_KEYS
from menus.revoked_menu import MENU as REVOKED
from menus.trials_menu import MENU as TRIALS
from tanos.message import N_
from tanos.offer import EVERYBODY

MENU = Menu(
    "C",
    N_("User Administration"),
    (LIST_LINE, SSH_KEYS, ADD_LINE, USERS, CONSOLE_USERS, CODES, OWN_DEVICE, TRIALS, REVOKED, KNOWN_KEYS),
    EVERYBODY,
)
