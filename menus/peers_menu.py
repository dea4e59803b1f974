"""2 → P, Peers: the other appliances, each with the one host key that is accepted there."""

from menus import pairing_menu
from menus.item import Ask, Item, Kind, Menu, Need, Verb
from menus.sources import none, peer_options
from sftp.operations import PEER_ADD, PEER_LIST, PEER_REMOVE, PEER_SCAN
from tanos.message import N_

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
VERBS = (ADD, LIST, SCAN, REMOVE, *pairing_menu.VERBS)

MENU = Menu(
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
