"""2 → D, Drop Box: what lies in /incoming and /outgoing, what is taken, and when /incoming is emptied."""

from menus.item import Item, Menu, Verb
from menus.policy_lines import line
from tanos.emptying_operations import EMPTY_BOX, LIST_BOX
from tanos.message import N_
from tanos.policy.table import (
    INCOMING_EMPTIED,
    INCOMING_FILES,
    INCOMING_HOUR,
    INCOMING_KNOWN_ONLY,
    INCOMING_LARGEST,
    INCOMING_MEGABYTES,
    OUTGOING_DAYS,
)

LIST = Verb("drop-box list", N_("List what lies in /incoming and /outgoing, and what each upload is"), LIST_BOX)
EMPTY = Verb("drop-box empty", N_("Remove what lies in /incoming, but for open exchanges"), EMPTY_BOX)
VERBS = (LIST, EMPTY)

MENU = Menu(
    "D",
    N_("Drop Box"),
    (
        Item("1", N_("List"), LIST),
        Item("2", N_("Empty /incoming now"), EMPTY),
        line("3", N_("Empty /incoming daily"), INCOMING_EMPTIED),
        line("4", N_("Hour of emptying (UTC)"), INCOMING_HOUR),
        line("5", N_("Keep files of /outgoing"), OUTGOING_DAYS),
        line("6", N_("Take known kinds only"), INCOMING_KNOWN_ONLY),
        line("7", N_("Largest file taken"), INCOMING_LARGEST),
        line("8", N_("Room of /incoming"), INCOMING_MEGABYTES),
        line("9", N_("Most files of /incoming"), INCOMING_FILES),
    ),
    help=N_("What tancopy may put here and fetch; each upload has a receipt beside it."),
)
