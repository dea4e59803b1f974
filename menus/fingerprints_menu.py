"""2 → 6, Show Fingerprints: by what others know the services of this appliance."""

from menus.item import Ask, Item, Kind, Need, Option, Verb
from tanos.appliance import Appliance
from tanos.message import N_
from tanos.overview.fingerprints import READ_SERVICE_FINGERPRINTS, shown_here


def _names(appliance: Appliance) -> list[Option]:
    return [Option(each.name, N_("{name}  {what}", name=each.name, what=each.what)) for each in shown_here(appliance)]


SHOW = Verb(
    "fingerprints show",
    N_("Show by which certificates the services of this appliance are known"),
    READ_SERVICE_FINGERPRINTS,
    (Ask("name", N_("Whose"), Kind.CHOICE, Need.OPTIONAL, options=_names, any_value=True, argument=True),),
)
VERBS = (SHOW,)
LINE = Item("6", N_("Show Fingerprints"), SHOW, {"name": ""}, help=N_("To compare with what a client was shown."))
