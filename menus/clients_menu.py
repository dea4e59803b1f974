"""4 → 3, Client Status: the clients that registered here, and how."""

from menus.item import Ask, Item, Kind, Menu, Need, Option, Verb
from tanos.message import N_
from tanos.overview.client_status import ALL, BY_TLS, CLIENT_STATUS, LIST_CLIENTS, UNENCRYPTED

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
    "clients list",
    N_("List the clients: when and how they registered"),
    LIST_CLIENTS,
    (REGISTRATION,),
    CLIENT_STATUS,
    follow=2.0,
)
VERBS = (CLIENTS,)

MENU = Menu(
    "3",
    N_("Client Status"),
    (
        Item("1", N_("All clients"), CLIENTS, {"registration": ALL}),
        Item("2", N_("Registered using TLS"), CLIENTS, {"registration": BY_TLS}),
        Item("3", N_("Registered unencrypted"), CLIENTS, {"registration": UNENCRYPTED}),
    ),
    CLIENT_STATUS,
)
