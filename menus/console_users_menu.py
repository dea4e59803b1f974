"""C → L, Local Tanium User Management: who signs in to the console in the browser, and to the API."""

from menus.item import Ask, Item, Kind, Menu, Option, Pick, Verb
from tanos.appliance import Appliance
from tanos.console_users.accounts import HERE, ConsoleRole, console_users
from tanos.console_users.operations import (
    ADD_CONSOLE_USER,
    LIST_CONSOLE_USERS,
    REMOVE_CONSOLE_USER,
    RESET_CONSOLE_USER,
    UNLOCK_CONSOLE_USER,
)
from tanos.message import N_


def _users(appliance: Appliance) -> list[Option]:
    return [Option(each.name, f"{each.name} ({each.role.value})") for each in console_users(appliance)]


def _usual_role(_: Appliance) -> str:
    return ConsoleRole.ADMINISTRATOR.word


ROLES = (
    Option(ConsoleRole.ADMINISTRATOR.word, N_("Administrator: everything, with /info")),
    Option(ConsoleRole.READ_ONLY.word, N_("Read Only User")),
)
USER = Ask("user", N_("User of the console"), Kind.CHOICE, options=_users, argument=True)
LIST = Verb("console-users list", N_("List the users of console and API"), LIST_CONSOLE_USERS, (), HERE)
ADD = Verb(
    "console-users add",
    N_("Add a user of console and API, with a random password"),
    ADD_CONSOLE_USER,
    (
        Ask("name", N_("Name"), argument=True),
        Ask("role", N_("Role"), Kind.CHOICE, choices=ROLES, default=_usual_role),
    ),
    HERE,
)
RESET = Verb(
    "console-users reset",
    N_("Give a user of console and API a new random password"),
    RESET_CONSOLE_USER,
    (USER,),
    HERE,
)
UNLOCK = Verb(
    "console-users unlock", N_("Lift the lock-out of a user of console and API"), UNLOCK_CONSOLE_USER, (USER,), HERE
)
REMOVE = Verb("console-users remove", N_("Remove a user of console and API"), REMOVE_CONSOLE_USER, (USER,), HERE)
VERBS = (LIST, ADD, RESET, UNLOCK, REMOVE)

_ONE = Menu(
    "2",
    N_("Manage Local User(s)"),
    (
        Item("1", N_("Reset Password"), RESET),
        Item("2", N_("Unlock"), UNLOCK),
        Item("3", N_("Remove"), REMOVE),
    ),
    HERE,
    pick=Pick("user", N_("Which user? Type the line number."), _users, N_("There is none yet: add one.")),
)
MENU = Menu(
    "L",
    N_("Local Tanium User Management"),
    (Item("1", N_("List"), LIST), _ONE, Item("A", N_("Add User"), ADD)),
    HERE,
    help=N_("Who signs in to the Tanium Console in the browser and to its API; they are no users of this menu."),
)
