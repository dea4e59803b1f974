"""Pairing: two appliances let each other in, and the ways between them are tried.

The same lines stand below Peers, Zone Server Configuration and SSH Key Management, because operators look for them
where they need them.
"""

from menus.item import Ask, Item, Kind, Menu, Need, Verb
from menus.sources import peer_options
from sftp.operations import PAIR, PAIRING, PAIRING_TEXT, TEST_PEER, default_peer, usual_address
from tanos.message import N_
from tanos.pasting.awaited import Awaited

LIST = Verb("peer pairing", N_("Show the ways between this appliance and its peers, and their keys"), PAIRING)
TEXT = Verb(
    "peer pairing-text",
    N_("Show the text by which another appliance pairs with this one"),
    PAIRING_TEXT,
    (
        Ask(
            "address",
            N_("HOST:PORT at which the other one reaches this one"),
            default=usual_address,
            help=N_("Where this appliance's SSH answers, as seen from the other one."),
        ),
    ),
)
PAIR_WITH = Verb(
    "peer pair",
    N_("Know another appliance by its pairing text, and let its key in as tancopy"),
    PAIR,
    (
        Ask("check_code", N_("Check code that the other appliance shows"), need=Need.FOR_VERBS),
        Ask("text", N_("Pairing text of the other appliance"), Kind.PASTE, awaited=Awaited.PAIRING),
    ),
)
TEST = Verb(
    "peer test",
    N_("Try the ways to another appliance by a real file"),
    TEST_PEER,
    (
        Ask(
            "name",
            N_("Peer"),
            Kind.CHOICE,
            Need.OPTIONAL,
            default=default_peer,
            options=peer_options,
            argument=True,
        ),
    ),
)
VERBS = (LIST, TEXT, PAIR_WITH, TEST)


_LINES = (
    Item("1", N_("State of the ways"), LIST),
    Item("2", N_("Show this appliance's text"), TEXT),
    Item("3", N_("Paste the other one's text"), PAIR_WITH),
    Item("4", N_("Test the ways"), TEST),
)


def pairing(key: str) -> Menu:
    """Return the menu, to stand under that key."""
    return Menu(
        key,
        N_("Pairing"),
        _LINES,
        help=N_(
            "In six steps: 2 here; 3 there, compare the check code, yes; 3 here with the text that appears there,"
            " compare, yes; 4 there. The check code on both terminals is what proves who is let in. Where only one of"
            " the two reaches the other, the steps are the same; that one tests, and begins whatever is carried."
        ),
    )
