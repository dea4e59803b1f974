"""C → U, TanOS User Management: the accounts of the console."""

from menus.item import Answers, Ask, Item, Kind, Menu, Option, Pick, Verb
from tanos.appliance import Appliance
from tanos.message import N_, Message, listed
from tanos.offer import EVERYBODY
from tanos.platform import UserRole
from tanos.users.account_actions import DELETE_USER, DISABLE_USER, ENABLE_USER
from tanos.users.accounts import User, user, users
from tanos.users.listing import LIST_USERS, lock_states, states
from tanos.users.lockout import UNLOCK_USER
from tanos.users.new_password import ADD_USER, RESET_USER
from tanos.users.own_password import SET_PASSWORD
from tanos.users.role import SET_ROLE


def _names(appliance: Appliance) -> list[Option]:
    return [Option(user.name, user.name) for user in users(appliance)]


def _lines(appliance: Appliance) -> list[Option]:
    return [
        Option(
            user.name,
            N_(
                "{user} ({role}, {states})",
                user=user.name,
                role=user.role.value,
                states=listed(*states(appliance, user)),
            ),
        )
        for user in users(appliance)
    ]


_RULES = N_(
    "Ten characters or more, as the policy says: lower case, upper case, a digit and another sign among them; more"
    " than well-known words, rows of keys and years, not your name, and none of your former passwords."
)


def _picked(appliance: Appliance, answers: Answers) -> User | None:
    return user(appliance, str(answers.get("user", "")))


def _how(appliance: Appliance, answers: Answers) -> Message | None:
    account = _picked(appliance, answers)
    return N_("there is none") if account and not account.has_password else None


def _locked(appliance: Appliance, answers: Answers) -> Message | None:
    account = _picked(appliance, answers)
    return listed(*locks) if account and (locks := lock_states(appliance, account)) else N_("nothing is locked")


def _disabled(appliance: Appliance, answers: Answers) -> Message | None:
    account = _picked(appliance, answers)
    return N_("disabled now") if account and account.disabled else None


def _enabled(appliance: Appliance, answers: Answers) -> Message | None:
    account = _picked(appliance, answers)
    return N_("enabled now") if account and not account.disabled else None


def _role(appliance: Appliance, answers: Answers) -> Message | None:
    account = _picked(appliance, answers)
    return N_("{role} now", role=account.role.value) if account else None


def _usual_role(_: Appliance) -> str:
    return UserRole.TANUSER.value


ROLES = (
    Option(UserRole.TANADMIN.value, N_("tanadmin: everything")),
    Option(UserRole.TANUSER.value, N_("tanuser: status, own keys, own password")),
)
USER = Ask("user", N_("User"), Kind.CHOICE, options=_names, argument=True)
KEYS_ONLY = Ask("keys_only", N_("Sign in by keys only, without a password"), Kind.FLAG)

LIST = Verb("users list", N_("List the users of this appliance"), LIST_USERS)
ADD = Verb(
    "users add",
    N_("Add a user, with a random password or for keys only"),
    ADD_USER,
    (
        Ask("name", N_("Name"), argument=True),
        Ask("role", N_("Role"), Kind.CHOICE, choices=ROLES, default=_usual_role),
        KEYS_ONLY,
    ),
)
RESET = Verb("users reset", N_("Give a user a new random password, or none"), RESET_USER, (USER, KEYS_ONLY))
ROLE = Verb(
    "users role",
    N_("Give a user another role"),
    SET_ROLE,
    (USER, Ask("role", N_("Role"), Kind.CHOICE, choices=ROLES, argument=True)),
)
DISABLE = Verb("users disable", N_("Let a user no longer sign in"), DISABLE_USER, (USER,))
ENABLE = Verb("users enable", N_("Let a disabled user sign in again"), ENABLE_USER, (USER,))
DELETE = Verb("users delete", N_("Delete a user with his password and keys"), DELETE_USER, (USER,))
PASSWORD = Verb(
    "password set",
    N_("Change your own password: on stdin the old one, the new one, and the new one again, a line each"),
    SET_PASSWORD,
    (
        Ask("old", N_("Old password"), Kind.SECRET),
        Ask("new", N_("New password"), Kind.SECRET, help=_RULES),
        Ask("again", N_("New password again"), Kind.SECRET),
    ),
    EVERYBODY,
)
UNLOCK = Verb(
    "users unlock", N_("Lift the lock-out of a user who typed wrong passwords or codes"), UNLOCK_USER, (USER,)
)
VERBS = (LIST, ADD, RESET, UNLOCK, DISABLE, ENABLE, DELETE, ROLE, PASSWORD)

OWN_PASSWORD = Item("P", N_("Change Password"), PASSWORD)
LIST_LINE = Item("1", N_("System Users"), LIST)
ADD_LINE = Item("A", N_("Add User"), ADD)
USERS = Menu(
    "U",
    N_("TanOS User Management"),
    (
        Item("1", N_("Reset Password"), RESET, {"keys_only": False}, help=N_("A random password, shown once.")),
        Item(
            "2",
            N_("Take the password away"),
            RESET,
            {"keys_only": True},
            hint=_how,
            help=N_("From then on keys only sign in."),
        ),
        Item("3", N_("Unlock"), UNLOCK, hint=_locked),
        Item("4", N_("Disable"), DISABLE, hint=_disabled),
        Item("5", N_("Enable"), ENABLE, hint=_enabled),
        Item("6", N_("Delete"), DELETE),
        Item("7", N_("Change Role"), ROLE, hint=_role),
    ),
    pick=Pick("user", N_("Which user? Type the line number."), _lines, N_("There is no user.")),
    help=N_("Each user of the console: password, lock-out, role, whether he may sign in at all."),
)
