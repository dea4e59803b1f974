"""2 → 1, Start/Stop Services: what runs here, started, stopped, and with the appliance or not."""

from menus.item import Ask, Item, Kind, Menu, Option, Pick, Verb
from tanos.appliance import Appliance
from tanos.message import N_
from tanos.services.catalogue import services_of
from tanos.services.glance import services_at_a_glance
from tanos.services.operations import (
    DISABLE_SERVICE,
    ENABLE_SERVICE,
    LIST_SERVICES,
    RESTART_SERVICE,
    SERVICE_STATUS,
    START_SERVICE,
    STOP_SERVICE,
)


def _services(appliance: Appliance) -> list[Option]:
    return [
        Option(each.name, N_("{label} {name}", label=each.label, name=each.name))
        for each in services_of(appliance.identity)
    ]


NAME = Ask("name", N_("Service"), Kind.CHOICE, options=_services, argument=True)
FOLLOW_SECONDS = 2.0
LIST = Verb("services list", N_("List the services, and how they stand"), LIST_SERVICES, follow=FOLLOW_SECONDS)
STATUS = Verb("services status", N_("Show how one service stands"), SERVICE_STATUS, (NAME,), follow=FOLLOW_SECONDS)
START = Verb("services start", N_("Start a service"), START_SERVICE, (NAME,))
STOP = Verb("services stop", N_("Stop a service"), STOP_SERVICE, (NAME,))
RESTART = Verb("services restart", N_("Restart a service"), RESTART_SERVICE, (NAME,))
ENABLE = Verb("services enable", N_("Start a service with the appliance"), ENABLE_SERVICE, (NAME,))
DISABLE = Verb("services disable", N_("Do not start a service with the appliance"), DISABLE_SERVICE, (NAME,))
VERBS = (LIST, STATUS, START, STOP, RESTART, ENABLE, DISABLE)

_ONE = Menu(
    "2",
    N_("One service"),
    (
        Item("1", N_("Status"), STATUS),
        Item("2", N_("Start"), START),
        Item("3", N_("Stop"), STOP),
        Item("4", N_("Restart"), RESTART),
        Item("5", N_("Start it with the appliance"), ENABLE),
        Item("6", N_("Do not start it with the appliance"), DISABLE),
    ),
    pick=Pick("name", N_("Which service"), _services, N_("No service runs on this role.")),
    help=N_("How one service stands, and why; starts it, stops it, decides whether it starts with the appliance."),
)
MENU = Menu(
    "1",
    N_("Start/Stop Services"),
    (Item("1", N_("List"), LIST), _ONE),
    state=services_at_a_glance,
    help=N_("What listens here with the installed certificates."),
    follow=FOLLOW_SECONDS,
)
