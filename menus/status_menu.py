"""4, Tanium Status: what an operator looks at first, and what was done here."""

from menus import certificates_menu
from menus.item import Ask, Item, Kind, Menu, Need, Option, Verb
from menus.policy_lines import line
from tanos.audit.operations import ARCHIVE_RECORDS, EXPORT_RECORDS, LIST_RECORDS, SHOW_RECORD
from tanos.exchange.status import STATUS as READ_STATUS
from tanos.message import N_
from tanos.offer import EVERYBODY
from tanos.policy.table import AUDIT_DAYS
from tanos.services.client_status import ALL, BY_TLS, CLIENT_STATUS, LIST_CLIENTS, UNENCRYPTED

STATUS = Verb("status", N_("Show who this appliance is and where it stands"), READ_STATUS, (), EVERYBODY)
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
FILTERS = (
    Ask("about", N_("About what (a part of its name)"), need=Need.OPTIONAL),
    Ask("verb", N_("Verb, or its first word"), need=Need.OPTIONAL),
    Ask("since", N_("Since (UTC)"), need=Need.OPTIONAL, help=N_("As 2026-11-22 or 2026-11-22T12:00:00Z.")),
)
LIST = Verb("audit list", N_("List what was done here, the newest first"), LIST_RECORDS, FILTERS)
SHOW = Verb(
    "audit show",
    N_("Show one record of what was done"),
    SHOW_RECORD,
    (Ask("reference", N_("Reference"), argument=True, help=N_("As it was said: A-123.")),),
)
EXPORT = Verb(
    "audit export", N_("Put records of what was done into /outgoing, one JSON line each"), EXPORT_RECORDS, FILTERS
)
ARCHIVE = Verb("audit archive", N_("Put old records away into backups, verified, and cut them here"), ARCHIVE_RECORDS)
VERBS = (STATUS, CLIENTS, LIST, SHOW, EXPORT, ARCHIVE)

AUDIT = Menu(
    "A",
    N_("Audit"),
    (
        Item("1", N_("List"), LIST),
        Item("2", N_("Show a record"), SHOW),
        Item("3", N_("Put into /outgoing"), EXPORT),
        Item("4", N_("Put old records away"), ARCHIVE),
        line("5", N_("Keep records"), AUDIT_DAYS),
    ),
    help=N_("What was done here, by whom and from where; nothing of it can be changed."),
)

_CLIENTS = Menu(
    "3",
    N_("Client Status"),
    (
        Item("1", N_("All clients"), CLIENTS, {"registration": ALL}),
        Item("2", N_("Registered using TLS"), CLIENTS, {"registration": BY_TLS}),
        Item("3", N_("Registered unencrypted"), CLIENTS, {"registration": UNENCRYPTED}),
    ),
    CLIENT_STATUS,
)
MENU = Menu(
    "4",
    N_("Tanium Status"),
    (
        Item("1", N_("Overview"), STATUS),
        certificates_menu.MENU,
        _CLIENTS,
        AUDIT,
    ),
    EVERYBODY,
)
