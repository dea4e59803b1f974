"""2 → 3, Configure / Register Module Server: at the Tanium Server and at the Module Server, each its half."""

from menus.item import Ask, Item, Kind, Menu, Need, Option, Verb
from menus.pair_asks import BACKUP, PKCS12, passphrase, versions_of, window
from menus.sources import pasted
from tanos.appliance import Appliance
from tanos.certificates.pair_kinds import SSL
from tanos.console_users.accounts import FIRST
from tanos.https_pairs.again import RE_REGISTER
from tanos.https_pairs.backup import REMOVE_SSL_BACKUP
from tanos.https_pairs.install import SSL_INSTALL
from tanos.https_pairs.requirements import SSL_REQUIREMENTS
from tanos.https_pairs.restore import SSL_RESTORE
from tanos.https_pairs.served_pair import OF_MODULES
from tanos.message import N_
from tanos.offer import Offer
from tanos.pasting.awaited import Awaited
from tanos.platform import Role
from tanos.registration.at_module_server import JOIN, MAKE_CODE
from tanos.registration.at_tanium_server import REGISTER_MODULE_SERVER
from tanos.registration.operations import EXPORT, FORGET, STATUS, state
from tanos.registration.trusted import HERE, trusted

AT_TANIUM_SERVER = Offer(frozenset({Role.TANIUM_SERVER}))
AT_MODULE_SERVER = Offer(frozenset({Role.MODULE_SERVER}))


def _usual_user(_: Appliance) -> str:
    return FIRST


def _registered(appliance: Appliance) -> list[Option]:
    return [Option(each.name, N_("{name} {where}", name=each.name, where=each.where)) for each in trusted(appliance)]


def _none(_: Appliance) -> str:
    return ""


def _versions(appliance: Appliance) -> list[Option]:
    return versions_of(appliance, OF_MODULES)


FILES = Option("incoming", N_("ssl.crt and ssl.key in /incoming"))
PACKED = Option(PKCS12, N_("ssl.p12 in /incoming"))
ANSWER = Option("answer", N_("ssl.crt in /incoming, for the key that waits here"))
PASTED = Option("paste", N_("paste the certificate for the key that waits here"))
ADDRESS = Ask("address", N_("Module Server: HOST or HOST:PORT"), argument=True)
USER = Ask("user", N_("Enter administrator username"), default=_usual_user, flag="--console-user", later=True)
PASSWORD = Ask("password", N_("Enter password of that user of the console"), Kind.SECRET, later=True)
CODE = Ask("code", N_("Registration code of the Module Server"), Kind.SECRET, later=True)
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
    (Ask("name", N_("Which"), Kind.CHOICE, options=_registered, argument=True, none=N_("Nothing is registered.")),),
    HERE,
)
REPLACE = Verb(
    "module-server install-cert",
    N_("Install certificate and key of the Module Server from /incoming"),
    SSL_INSTALL,
    (
        window(N_("All services here are stopped and started: do this in a maintenance window.")),
        Ask(
            "source",
            N_("Where from"),
            Kind.CHOICE,
            choices=(FILES, PACKED, ANSWER, PASTED),
            default=lambda _: FILES.value,
            flag="--from",
        ),
        passphrase(SSL),
        BACKUP,
        pasted(Awaited.CERTIFICATE, N_("Certificate, with those of its issuers")),
    ),
    AT_MODULE_SERVER,
)
AGAIN = Verb(
    "module-server re-register",
    N_("Register anew once a certificate was replaced"),
    RE_REGISTER,
    (USER, PASSWORD),
    HERE,
)
RESTORE = Verb(
    "module-server restore-cert",
    N_("Put an earlier certificate of the Module Server back"),
    SSL_RESTORE,
    (Ask("version", N_("Version"), Kind.CHOICE, Need.OPTIONAL, default=_none, options=_versions, argument=True),),
    AT_MODULE_SERVER,
)
NOTE = Verb(
    "module-server requirements",
    N_("Show what ssl.crt must be: a note for the authority"),
    SSL_REQUIREMENTS,
    (),
    AT_MODULE_SERVER,
)
NO_BACKUP = Verb(
    "module-server remove-backup",
    N_("Remove the backup of the Module Server's key from /outgoing"),
    REMOVE_SSL_BACKUP,
    (),
    AT_MODULE_SERVER,
)
VERBS = (REGISTER, MAKE, JOINING, LIST, GIVE, DROP, REPLACE, AGAIN, RESTORE, NOTE, NO_BACKUP)

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
        Item("7", N_("Install ssl.crt and ssl.key"), REPLACE, {"source": FILES.value}),
        Item("8", N_("Re-register after a replacement"), AGAIN),
        Item("9", N_("What ssl.crt must be"), NOTE),
        Item("A", N_("Install ssl.p12 from /incoming"), REPLACE, {"source": PACKED.value}),
        Item("B", N_("Put an earlier ssl.crt back"), RESTORE),
        Item("C", N_("Remove the backup from /outgoing"), NO_BACKUP),
    ),
    HERE,
    state=state,
    help=N_("After SOAPServer.crt or ssl.crt was replaced the Module Server is registered anew."),
)
