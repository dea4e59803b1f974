"""What stands above the lines of a menu: changes on trial first, at every menu, that
/incoming is emptied within the hour, then the menu's own state.
"""

from menus.item import Menu
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.emptying_operations import emptied_soon
from tanos.errors import TanosError
from tanos.report import Section
from tanos.trials.ends import within_reach
from tanos.trials.operations import trial_state


def sections_above(menu: Menu, call: Call) -> tuple[Section, ...]:
    """Return what is said above the lines. Raises TanosError where the state cannot be read."""
    appliance = call.appliance
    return (*on_trial(call), *_emptied_soon(appliance), *(menu.state(appliance) if menu.state else ()))


def on_trial(call: Call) -> tuple[Section, ...]:
    """Return what is said of changes on trial, to who may end them.

    Nothing where it cannot be read: a menu stays usable, and whatever is chosen there says why.
    """
    try:
        return trial_state(call)
    except TanosError:
        return ()


def _emptied_soon(appliance: Appliance) -> tuple[Section, ...]:
    try:
        return emptied_soon(appliance)
    except TanosError:
        return ()


def names_on_trial(call: Call) -> tuple[str, ...]:
    """Return the names of the changes on trial that are told, to tell whether there are others now."""
    try:
        return tuple(trial.name for trial in within_reach(call))
    except TanosError:
        return ()
