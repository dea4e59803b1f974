"""What stands above the lines of a menu: changes on trial first, at every menu, then the menu's own state."""

from menus.item import Menu
from tanos.appliance import Appliance
from tanos.errors import TanosError
from tanos.report import Section
from tanos.trials.operations import trial_state


def sections_above(menu: Menu, appliance: Appliance) -> tuple[Section, ...]:
    """Return what is said above the lines. Raises TanosError where the state cannot be read."""
    return (*_on_trial(appliance), *(menu.state(appliance) if menu.state else ()))


def _on_trial(appliance: Appliance) -> tuple[Section, ...]:
    """Return nothing where it cannot be read: a menu stays usable, and whatever is chosen there says why."""
    try:
        return trial_state(appliance)
    except TanosError:
        return ()
