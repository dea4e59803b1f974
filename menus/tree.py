"""The main menu: its branches, nothing else. Each branch is one data file."""

from menus import appliance_menu, operations_menu, status_menu, users_menu
from menus.accounts_menu import OWN_PASSWORD
from menus.item import Menu
from tanos.message import N_
from tanos.offer import EVERYBODY
from tanos.overview.state import main_menu_state

MAIN = Menu(
    "",
    N_("Main menu"),
    (operations_menu.MENU, status_menu.MENU, appliance_menu.MENU, users_menu.MENU, OWN_PASSWORD),
    EVERYBODY,
    state=main_menu_state,
)
