"""4, Tanium Status: what an operator looks at first, and what was done here."""

from menus import audit_menu, certificates_menu, clients_menu, overview_menu
from menus.item import Menu
from tanos.message import N_
from tanos.offer import EVERYBODY

MENU = Menu(
    "4",
    N_("Tanium Status"),
    (overview_menu.LINE, certificates_menu.MENU, clients_menu.MENU, audit_menu.MENU),
    EVERYBODY,
)
