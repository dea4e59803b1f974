"""2 → 3, Configure / Register Module Server: at the Tanium Server and at the Module Server, each its half."""

from menus.item import Ask, Item, Kind, Menu, Need, Option, Verb
from tanos.appliance import Appliance
from tanos.console_users.accounts import FIRST
from tanos.message import N_
from tanos.offer import Offer
from tanos.platform import Role
from tanos.registration.at_module_server import JOIN, MAKE_CODE
from tanos.registration.at_tanium_server import REGISTER_MODULE_SERVER
from tanos.registration.install_cert import INSTALL_CERT
from tanos.registration.operations import EXPORT, FORGET, STATUS, state
from tanos.registration.trusted import HERE, trusted

AT_TANIUM_SERVER = Offer(frozenset({Role.TANIUM_SERVER}))
AT_MODULE_SERVER = Offer(frozenset({Role.MODULE_SERVER}))


def _usual_user(_: Appliance) -> str:
    return FIRST


def _registered(appliance: Appliance) -> list[Option]:
    return [Option(each.name, N_("{name} {where}", name=each.name, where=each.where)) for each in trusted(appliance)]


ADDRESS = Ask("address", N_("Module Server: HOST or HOST:PORT"), argument=True)
USER = Ask("user", N_("Enter administrator username"), default=_usual_user, flag="--console-user")
PASSWORD = Ask("password", N_("Enter password of that user of the console"), Kind.SECRET)
CODE = Ask("code", N_("Registration code of the Module Server"), Kind.SECRET)
FINGERPRINT = Ask("fingerprint", N_("Check code or SHA-256 of the certificate there"), need=Need.FOR_VERBS)
REGISTER = Verb(
    "module-server register",
    N_("Register the Module Server with this Tanium Server"),
    REGISTER_MODULE_SERVER,
    (ADDRESS, USER, PASSWORD, CODE, FINGERPRINT),
    AT_TANIUM_SERVER,
)
MAKE = Verb(
    "module-server code", N_("Make a code by which a Tanium Server registers"), MAKE_CODE, (), AT_MODULE_SERVER
)
JOINING = Verb(
    "TaniumModuleServer register",
    N_("Register this Module Server with a Tanium Server"),
    JOIN,
    (Ask("address", N_("Tanium Server: FQDN or FQDN:PORT"), argument=True), USER, PASSWORD, FINGERPRINT),
    AT_MODULE_SERVER,
)
LIST = Verb("module-server status", N_("Show what is registered, and what must be again"), STATUS, (), HERE)
GIVE = Verb("module-server export", N_("Put the trusted certificates into /outgoing"), EXPORT, (), HERE)
DROP = Verb(
    "module-server forget",
    N_("Trust what registered no more"),
    FORGET,
    (Ask("name", N_("Which"), Kind.CHOICE, options=_registered, argument=True),),
    HERE,
)
REPLACE = Verb(
    "module-server install-cert",
    N_("Install certificate and key of the Module Server from /incoming"),
    INSTALL_CERT,
    (),
    AT_MODULE_SERVER,
)
VERBS = (REGISTER, MAKE, JOINING, LIST, GIVE, DROP, REPLACE)

MENU = Menu(
    "3",
    N_("Configure / Register Module Server"),
    (
        Item("1", N_("Register the Module Server"), REGISTER),
        Item("2", N_("Make a registration code"), MAKE),
        Item("3", N_("Register with a Tanium Server"), JOINING),
        Item("4", N_("Status"), LIST),
        Item("5", N_("Trusted certificates to /outgoing"), GIVE),
        Item("6", N_("Forget one"), DROP),
        Item("7", N_("Install ssl.crt and ssl.key"), REPLACE),
    ),
    HERE,
    state=state,
    help=N_("After SOAPServer.crt or ssl.crt was replaced the Module Server is registered anew."),
)
