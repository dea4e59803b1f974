"""C → M, Multi-Factor Global Settings, and C → D, one's own device (ours): codes of a second device."""

from menus.item import Ask, Item, Kind, Menu, Option, Verb
from menus.policy_lines import value_line
from tanos.appliance import Appliance
from tanos.message import N_
from tanos.offer import EVERYBODY
from tanos.platform import UserRole
from tanos.policy.accounts import MFA_KEYS, MFA_REQUIRED
from tanos.report import Fact, Facts, Section
from tanos.users.accounts import users
from tanos.users.code_actions import CONFIRM_DEVICE, ENROL_DEVICE, EXEMPT_USER, FORGET_DEVICE, INCLUDE_USER


def _state(appliance: Appliance) -> tuple[Section, ...]:
    required = N_("Required") if MFA_REQUIRED.read(appliance) else N_("Optional")
    keys = N_("Required") if MFA_KEYS.read(appliance) else N_("not asked for")
    return (Facts((Fact(N_("Multi-Factor"), required), Fact(N_("After a key"), keys))),)


def _people(appliance: Appliance) -> list[Option]:
    """Return who may have a device: file transfer is by key alone."""
    return [Option(user.name, user.name) for user in users(appliance) if user.role is not UserRole.TANCOPY]


USER = Ask("user", N_("User"), Kind.CHOICE, options=_people, argument=True)
CODE = Ask("code", N_("Code of the device"), Kind.SECRET)
ENROL = Verb("mfa enrol", N_("Make a secret for a device of your own that shows codes"), ENROL_DEVICE, (), EVERYBODY)
CONFIRM = Verb("mfa confirm", N_("Let the device count, by its first code"), CONFIRM_DEVICE, (CODE,), EVERYBODY)
FORGET = Verb("mfa forget", N_("Forget the lost device of a user"), FORGET_DEVICE, (USER,))
EXEMPT = Verb("mfa exempt", N_("Ask a user for no code, whatever is required"), EXEMPT_USER, (USER,))
INCLUDE = Verb("mfa include", N_("Ask a user for codes as all others"), INCLUDE_USER, (USER,))
VERBS = (ENROL, CONFIRM, FORGET, EXEMPT, INCLUDE)

REQUIRE = Menu(
    "M",
    N_("Require Multi-Factor Authentication"),
    (
        value_line("E", N_("Enable"), MFA_REQUIRED, "on"),
        value_line("D", N_("Disable"), MFA_REQUIRED, "off"),
    ),
    help=N_("A code is asked for with each password."),
)
AFTER_KEYS = Menu(
    "K",
    N_("Require a Code After a Key"),
    (
        value_line("E", N_("Enable"), MFA_KEYS, "on"),
        value_line("D", N_("Disable"), MFA_KEYS, "off"),
    ),
    help=N_("Off at first: a key is proof enough, and verbs by key go on unattended."),
)
MENU = Menu(
    "M",
    N_("Multi-Factor Global Settings"),
    (
        Item("F", N_("Forget a Device"), FORGET),
        Item("X", N_("Exempt a User"), EXEMPT),
        Item("N", N_("No Exception"), INCLUDE),
        REQUIRE,
        AFTER_KEYS,
    ),
    state=_state,
)
OWN_DEVICE = Menu(
    "D",
    N_("Your Device for Codes"),
    (Item("1", N_("Enrol Your Device"), ENROL), Item("2", N_("Confirm Your Device"), CONFIRM)),
    EVERYBODY,
    state=_state,
    help=N_("A device of your own that shows codes; it counts from its first code on."),
)
