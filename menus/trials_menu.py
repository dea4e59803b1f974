"""C → T: changes on trial, what keeps them and what undoes them."""

from menus.item import Ask, Item, Kind, Menu, Need, Option, Verb
from tanos.appliance import Appliance
from tanos.message import N_
from tanos.offer import EVERYBODY
from tanos.trials.kinds import told
from tanos.trials.operations import CONFIRM_TRIAL, LIST_TRIALS, REVERT_TRIAL
from tanos.trials.trial import waiting


def _trials(appliance: Appliance) -> list[Option]:
    return [
        Option(trial.name, N_("{trial}: {change}", trial=trial.name, change=told(trial)))
        for trial in waiting(appliance)
    ]


def _only(appliance: Appliance) -> str:
    names = [trial.name for trial in waiting(appliance)]
    return names[0] if len(names) == 1 else ""


TRIAL = Ask(
    "trial",
    N_("Change on trial"),
    Kind.CHOICE,
    Need.OPTIONAL,
    default=_only,
    options=_trials,
    argument=True,
    help=N_("The number of the change, as the list shows it; where only one waits, it is that one."),
)

LIST = Verb("trial list", N_("List the changes that go back unless they are confirmed"), LIST_TRIALS, (), EVERYBODY)
CONFIRM = Verb("trial confirm", N_("Keep a change on trial, from a new sign-in"), CONFIRM_TRIAL, (TRIAL,), EVERYBODY)
REVERT = Verb("trial revert", N_("Put back what stood before a change on trial"), REVERT_TRIAL, (TRIAL,), EVERYBODY)
VERBS = (LIST, CONFIRM, REVERT)

MENU = Menu(
    "T",
    N_("Changes on Trial"),
    (
        Item("1", N_("List"), LIST),
        Item("2", N_("Keep a change"), CONFIRM),
        Item("3", N_("Undo a change now"), REVERT),
    ),
    EVERYBODY,
    help=N_("A change that can keep people out goes back by itself, unless a new sign-in keeps it."),
)
