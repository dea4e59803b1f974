"""2 → 4, Install Custom SOAP Cert; 2 → 7, Download SOAP Certificate; 2 → C, what there is besides (ours)."""

from menus.item import Ask, Item, Kind, Menu, Need, Option, Verb
from menus.pair_asks import BACKUP, PKCS12, passphrase, versions_of, window
from menus.sources import pasted
from tanos.active_pair.pairing import FORGET_OTHER, SET_OTHER
from tanos.appliance import Appliance
from tanos.certificates.pair_kinds import SOAP
from tanos.console_users.accounts import HERE
from tanos.https_pairs.backup import REMOVE_BACKUP
from tanos.https_pairs.create_csr import SOAP_CREATE_CSR
from tanos.https_pairs.guide import SOAP_GUIDE
from tanos.https_pairs.install import SOAP_INSTALL
from tanos.https_pairs.publish import PUBLISH, WITHDRAW
from tanos.https_pairs.requirements import SOAP_REQUIREMENTS
from tanos.https_pairs.restore import SOAP_RESTORE
from tanos.https_pairs.served_pair import CONSOLE
from tanos.message import N_
from tanos.pasting.awaited import Awaited


def _none(_: Appliance) -> str:
    return ""


def _versions(appliance: Appliance) -> list[Option]:
    return versions_of(appliance, CONSOLE)


FROM_FILES = Option("incoming", N_("SOAPServer.crt and SOAPServer.key in /incoming"))
FROM_PKCS12 = Option(PKCS12, N_("SOAPServer.p12 in /incoming"))
FROM_ANSWER = Option("answer", N_("SOAPServer.crt in /incoming, for the key that waits here"))
PASTED = Option("paste", N_("paste the certificate for the key that waits here"))
INSTALL = Verb(
    "soap-cert install",
    N_("Install certificate and key of the console"),
    SOAP_INSTALL,
    (
        window(N_("The Tanium Server is stopped and started: do this in a maintenance window.")),
        Ask(
            "source",
            N_("Where from"),
            Kind.CHOICE,
            choices=(FROM_FILES, FROM_PKCS12, FROM_ANSWER, PASTED),
            default=lambda _: FROM_FILES.value,
            flag="--from",
        ),
        passphrase(SOAP),
        BACKUP,
        pasted(Awaited.CERTIFICATE, N_("Certificate, with those of its issuers")),
        Ask(
            "shared_with",
            N_("The other Tanium Server, where both present this certificate"),
            need=Need.FOR_VERBS,
            default=_none,
        ),
    ),
    HERE,
)
CREATE_CSR = Verb(
    "soap-cert create-csr",
    N_("Make key and request here, so that the key never travels"),
    SOAP_CREATE_CSR,
    (
        Ask(
            "alt_names", N_("Further names, as of the other server"), need=Need.OPTIONAL, many=True, flag="--alt-name"
        ),
    ),
    HERE,
    word_flag="--replace",
)
RESTORE = Verb(
    "soap-cert restore",
    N_("Put an earlier certificate of the console back"),
    SOAP_RESTORE,
    (Ask("version", N_("Version"), Kind.CHOICE, Need.OPTIONAL, default=_none, options=_versions, argument=True),),
    HERE,
)
REQUIREMENTS = Verb(
    "soap-cert requirements",
    N_("Show what the certificate must be: a note for the authority"),
    SOAP_REQUIREMENTS,
    (),
    HERE,
)
PUBLISHING = Verb("soap-cert publish", N_("Let everybody fetch the certificate of the console"), PUBLISH, (), HERE)
WITHDRAWING = Verb("soap-cert withdraw", N_("Publish the certificate of the console no more"), WITHDRAW, (), HERE)
NO_BACKUP = Verb(
    "soap-cert remove-backup", N_("Remove the backup of the console's key from /outgoing"), REMOVE_BACKUP, (), HERE
)
PARTS = (Option("primary", N_("the primary")), Option("secondary", N_("the secondary")))
SETTING_OTHER = Verb(
    "soap-cert set-other",
    N_("Name the other Tanium Server of an active-active pair"),
    SET_OTHER,
    (
        Ask("address", N_("Its console: FQDN or FQDN:PORT"), argument=True),
        Ask("part", N_("This server is"), Kind.CHOICE, choices=PARTS, flag="--as"),
        Ask("shares", N_("Both present one certificate"), Kind.FLAG, flag="--shared"),
    ),
    HERE,
)
FORGETTING_OTHER = Verb(
    "soap-cert forget-other", N_("Stand alone, without another Tanium Server"), FORGET_OTHER, (), HERE
)
GUIDE = Verb("soap-cert guide", N_("Show which step is done where, and which is next"), SOAP_GUIDE, (), HERE)
VERBS = (
    SETTING_OTHER,
    FORGETTING_OTHER,
    GUIDE,
    INSTALL,
    CREATE_CSR,
    RESTORE,
    REQUIREMENTS,
    PUBLISHING,
    WITHDRAWING,
    NO_BACKUP,
)

INSTALL_LINE = Item("4", N_("Install Custom SOAP Cert"), INSTALL, {"source": FROM_FILES.value})
DOWNLOAD_LINE = Item("7", N_("Download SOAP Certificate"), PUBLISHING)
MENU = Menu(
    "C",
    N_("SOAP Certificate"),
    (
        Item("1", N_("What it must be"), REQUIREMENTS),
        Item("2", N_("Install SOAPServer.p12 from /incoming"), INSTALL, {"source": FROM_PKCS12.value}),
        Item("3", N_("Put an earlier one back"), RESTORE),
        Item("4", N_("Remove the backup from /outgoing"), NO_BACKUP),
        Item("5", N_("Publish it no more"), WITHDRAWING),
        Item("6", N_("Make key and request here"), CREATE_CSR),
        Item("7", N_("Install the answer from /incoming"), INSTALL, {"source": FROM_ANSWER.value}),
        Item("8", N_("Install the answer, pasted"), INSTALL, {"source": PASTED.value}),
        Item("9", N_("The other server of a pair"), SETTING_OTHER),
        Item("F", N_("Forget the other server"), FORGETTING_OTHER),
        Item("G", N_("Step by step"), GUIDE),
    ),
    HERE,
    help=N_("What the Tanium Server presents to browsers, to users of its API, and to the Module Server."),
)
