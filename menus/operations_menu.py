"""2, Tanium Operations: settings, the root's public half, the other appliances, the exchange."""

from menus import (
    console_banner_menu,
    drop_box_menu,
    fingerprints_menu,
    pairing_menu,
    registration_menu,
    relying_menu,
    roots_menu,
    services_menu,
    settings_menu,
    signing_keys_menu,
    soap_menu,
    zone_server_menu,
)
from menus.item import Ask, Item, Kind, Menu, Need, Verb
from menus.sources import FILE, FROM_PEER, INCOMING, PASTE, PULL, none, pasted, peer_options, source_of
from sftp.operations import IMPORT_PUBLIC_KEY, PEER_ADD, PEER_LIST, PEER_REMOVE, PEER_SCAN
from tanos.exchange.offers import ROOT_EXPORT, ROOT_IMPORT
from tanos.exchange.root import EXPORT_PUBLIC_KEY
from tanos.message import N_
from tanos.pasting.awaited import Awaited

EXPORT = Verb("public-key export", N_("Put tanium.pub into /outgoing"), EXPORT_PUBLIC_KEY, (), ROOT_EXPORT)
IMPORT = Verb(
    "public-key import",
    N_("Trust the root certificate of the Tanium Server"),
    IMPORT_PUBLIC_KEY,
    (
        source_of(INCOMING, PASTE, PULL),
        FILE,
        pasted(Awaited.CERTIFICATE, N_("Root certificate (tanium.pub)")),
        FROM_PEER,
        Ask("fingerprint", N_("Check code or SHA-256 fingerprint of the root"), need=Need.FOR_VERBS),
    ),
    ROOT_IMPORT,
)

ADDRESS = Ask("address", N_("HOST or HOST:PORT"), argument=True)
ADD = Verb(
    "peer add",
    N_("Know another appliance by its host key"),
    PEER_ADD,
    (
        Ask("name", N_("Name"), argument=True),
        ADDRESS,
        Ask("host_key", N_("Fingerprint of its host key (SHA256:…)"), need=Need.FOR_VERBS, default=none),
    ),
)
LIST = Verb("peer list", N_("List the appliances known here"), PEER_LIST)
SCAN = Verb("peer scan", N_("Show the host keys of another appliance and trust nothing"), PEER_SCAN, (ADDRESS,))
REMOVE = Verb(
    "peer remove",
    N_("Forget another appliance"),
    PEER_REMOVE,
    (Ask("name", N_("Peer"), Kind.CHOICE, options=peer_options, argument=True),),
)
VERBS = (EXPORT, IMPORT, ADD, LIST, SCAN, REMOVE, *pairing_menu.VERBS)

IMPORT_MENU = Menu(
    "I",
    N_("Import Public Key"),
    (
        Item("1", N_("From /incoming"), IMPORT, {"source": INCOMING.value}),
        Item("2", N_("Paste the text"), IMPORT, {"source": PASTE.value}),
        Item("3", N_("Pull by SFTP from the Tanium Server"), IMPORT, {"source": PULL.value}),
    ),
    ROOT_IMPORT,
    help=N_("Without the Tanium Server's root no signed certificate can be verified here."),
)
PEERS = Menu(
    "P",
    N_("Peers"),
    (
        Item("1", N_("List"), LIST),
        Item("2", N_("Add"), ADD),
        Item("3", N_("Show host keys"), SCAN),
        Item("4", N_("Remove"), REMOVE),
        pairing_menu.pairing("5"),
    ),
    help=N_("The other appliances, each with the one host key that is accepted there."),
)

MENU = Menu(
    "2",
    N_("Tanium Operations"),
    (
        services_menu.MENU,
        settings_menu.MENU,
        registration_menu.MENU,
        soap_menu.INSTALL_LINE,
        signing_keys_menu.MENU,
        fingerprints_menu.LINE,
        soap_menu.DOWNLOAD_LINE,
        Item("8", N_("Infrastructure files to /outgoing"), EXPORT, help=N_("tanium.pub for the Zone Servers.")),
        soap_menu.MENU,
        IMPORT_MENU,
        roots_menu.MENU,
        PEERS,
        relying_menu.MENU,
        drop_box_menu.MENU,
        console_banner_menu.ADVANCED,
        zone_server_menu.MENU,
    ),
)
