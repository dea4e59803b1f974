"""4 → 3, Client Status: the clients that registered here, and how."""

from menus.item import Ask, Item, Kind, Menu, Need, Option, Verb
from tanos.appliance import Appliance
from tanos.inert import inert
from tanos.message import N_
from tanos.overview.client_status import ALL, BY_TLS, CLIENT_STATUS, LIST_CLIENTS, UNENCRYPTED
from tanos.revocation.clients import revoked_clients
from tanos.revocation.revoking_clients import HERE, REVOKE_CLIENT
from tanos.services.registered import registered_anywhere

MOST_OFFERED = 200


def _clients(appliance: Appliance) -> list[Option]:
    revoked = {each.id for each in revoked_clients(appliance)}
    found = [each for each in registered_anywhere(appliance, "client") if each.id not in revoked]
    return [Option(each.id, inert(f"{each.name} {each.address} {each.id[-4:]}")) for each in found[:MOST_OFFERED]]


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
REVOKE = Verb(
    "clients revoke",
    N_("Revoke one client, for good"),
    REVOKE_CLIENT,
    (
        Ask(
            "client",
            N_("Client"),
            Kind.CHOICE,
            options=_clients,
            any_value=True,
            argument=True,
            help=N_("Its id, of which a menu shows the last digits; clients list --json tells those of all."),
        ),
    ),
    HERE,
)
VERBS = (CLIENTS, REVOKE)

MENU = Menu(
    "3",
    N_("Client Status"),
    (
        Item("1", N_("All clients"), CLIENTS, {"registration": ALL}),
        Item("2", N_("Registered using TLS"), CLIENTS, {"registration": BY_TLS}),
        Item("3", N_("Registered unencrypted"), CLIENTS, {"registration": UNENCRYPTED}),
        Item("4", N_("Revoke a client"), REVOKE),
    ),
    CLIENT_STATUS,
)
