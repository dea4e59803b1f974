"""4, Tanium Status: what an operator looks at first; it changes nothing."""

from menus.item import Ask, Item, Kind, Menu, Need, Option, Verb
from tanos.exchange.installed import LIST_CERTIFICATES
from tanos.exchange.status import STATUS as READ_STATUS
from tanos.message import N_
from tanos.offer import EVERYBODY
from tanos.services.client_status import ALL, BY_TLS, CLIENT_STATUS, LIST_CLIENTS, UNENCRYPTED

STATUS = Verb("status", N_("Show who this appliance is and where it stands"), READ_STATUS, (), EVERYBODY)
CERTIFICATES = Verb(
    "certificates list",
    N_("List the installed certificates and how long they last"),
    LIST_CERTIFICATES,
    (),
    EVERYBODY,
)
REGISTRATION = Ask(
    "registration",
    N_("Show clients registered"),
    Kind.CHOICE,
    Need.OPTIONAL,
    default=lambda _: ALL,
    choices=(
        Option(ALL, N_("in any way")),
        Option(BY_TLS, N_("using TLS")),
        Option(UNENCRYPTED, N_("unencrypted")),
    ),
)
CLIENTS = Verb(
    "clients list", N_("List the clients: when and how they registered"), LIST_CLIENTS, (REGISTRATION,), CLIENT_STATUS
)
VERBS = (STATUS, CERTIFICATES, CLIENTS)

MENU = Menu(
    "4",
    N_("Tanium Status"),
    (
        Item("1", N_("Overview"), STATUS),
        Item("2", N_("Certificates"), CERTIFICATES),
        Item("3", N_("Client Status"), CLIENTS),
    ),
    EVERYBODY,
)
