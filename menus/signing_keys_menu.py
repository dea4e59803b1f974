"""2 → 5, Manage Custom Signing Keys: by which public keys content that was signed elsewhere is known here.

`L` and `A` as on the original; the others are ours.
"""

from menus.item import Answers, Ask, Item, Kind, Menu, Need, Option, Verb
from menus.sources import INCOMING, PASTE, is_incoming, is_paste, source_of
from tanos.appliance import Appliance
from tanos.console_users.accounts import HERE
from tanos.dropbox import incoming_files
from tanos.message import N_
from tanos.pasting.awaited import Awaited
from tanos.signing_keys.content import CHECK_CONTENT
from tanos.signing_keys.kept import signing_keys
from tanos.signing_keys.operations import ADD_SIGNING_KEY, LIST_SIGNING_KEYS, REMOVE_SIGNING_KEY


def _key_files(appliance: Appliance) -> list[Option]:
    return [Option(each.name, each.name) for each in incoming_files(appliance, (".pub", ".pem", ".der"))]


def _files(appliance: Appliance) -> list[Option]:
    return [Option(each.name, each.name) for each in incoming_files(appliance)]


def _keys(appliance: Appliance) -> list[Option]:
    return [
        Option(each.name, f"{each.name} {each.key.kind} {each.key.check_code}") for each in signing_keys(appliance)
    ]


def _signature(_: Appliance, answers: Answers) -> str:
    return f"{answers['file']}.sig"


LIST = Verb("signing-keys list", N_("List the content signing keys"), LIST_SIGNING_KEYS, (), HERE)
ADD = Verb(
    "signing-keys add",
    N_("Add a content signing key"),
    ADD_SIGNING_KEY,
    (
        Ask(
            "name", N_("Name of the key"), argument=True, help=N_("Yours to choose: letters, digits, dots, - and _.")
        ),
        source_of(INCOMING, PASTE),
        Ask(
            "file",
            N_("File of /incoming"),
            Kind.CHOICE,
            options=_key_files,
            any_value=True,
            when=is_incoming,
            none=N_("No public key lies in /incoming."),
        ),
        Ask("text", N_("Public key (PEM)"), Kind.PASTE, when=is_paste, awaited=Awaited.PUBLIC_KEY),
        Ask("fingerprint", N_("Check code or SHA-256 of the key"), need=Need.FOR_VERBS),
    ),
    HERE,
)
REMOVE = Verb(
    "signing-keys remove",
    N_("Take a content signing key away"),
    REMOVE_SIGNING_KEY,
    (
        Ask(
            "name",
            N_("Key"),
            Kind.CHOICE,
            options=_keys,
            any_value=True,
            argument=True,
            none=N_("There is no content signing key."),
        ),
    ),
    HERE,
)
CHECK = Verb(
    "signing-keys check",
    N_("Say by which key a file of /incoming is signed"),
    CHECK_CONTENT,
    (
        Ask("file", N_("File of /incoming"), Kind.CHOICE, options=_files, any_value=True, argument=True),
        Ask(
            "signature",
            N_("File of /incoming with its signature"),
            default_after=_signature,
            help=N_("As `openssl dgst -sha256 -sign` writes it; of Ed25519 as `openssl pkeyutl -sign -rawin` does."),
        ),
    ),
    HERE,
)
VERBS = (LIST, ADD, REMOVE, CHECK)
MENU = Menu(
    "5",
    N_("Manage Custom Signing Keys"),
    (
        Item("L", N_("List content signing keys"), LIST),
        Item("A", N_("Add a content signing key"), ADD),
        Item("D", N_("Take one away"), REMOVE),
        Item("C", N_("Check a signed file"), CHECK),
    ),
    HERE,
    help=N_("By which public keys content that was signed elsewhere is known here."),
)
