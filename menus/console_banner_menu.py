"""2 → X → 4, Manage HTML Banner: what the console shows before signing in."""

from menus.item import Item, Menu, Verb
from tanos.console_banner.operations import IMPORT_HTML_BANNER, READ_HTML_BANNER, REMOVE_HTML_BANNER
from tanos.console_users.accounts import HERE
from tanos.message import N_

SHOW = Verb("html-banner show", N_("Show what the console shows before signing in"), READ_HTML_BANNER, (), HERE)
IMPORT = Verb("html-banner import", N_("Take it from banner.html of /incoming"), IMPORT_HTML_BANNER, (), HERE)
REMOVE = Verb("html-banner remove", N_("Show nothing at the console before signing in"), REMOVE_HTML_BANNER, (), HERE)
VERBS = (SHOW, IMPORT, REMOVE)
ADVANCED = Menu(
    "X",
    N_("Advanced Operations"),
    (
        Menu(
            "4",
            N_("Manage HTML Banner"),
            (
                Item("1", N_("Show the banner"), SHOW),
                Item("2", N_("Import the banner"), IMPORT),
                Item("3", N_("Remove the banner"), REMOVE),
            ),
            HERE,
            help=N_("What the console shows to everybody before signing in; taken from banner.html of /incoming."),
        ),
    ),
    HERE,
)
