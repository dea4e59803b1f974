"""What A, Appliance Configuration says about the front door itself: whom it makes wait, and how it proves itself."""

from menus.item import Answers, Ask, Item, Kind, Option, Verb
from tanos.appliance import Appliance
from tanos.door.networks import shown
from tanos.door.penalties import exemptions, penalties
from tanos.door.penalty_operations import END_EXEMPTION, EXEMPT_NETWORK, LIFT_PENALTY, READ_PENALTIES
from tanos.message import N_, Message


def _penalised(appliance: Appliance) -> str:
    return next((each.network for each in penalties(appliance)), "")


def _exempt(appliance: Appliance) -> list[Option]:
    return [Option(shown(each), shown(each)) for each in exemptions(appliance)]


def _count(appliance: Appliance, _: Answers) -> Message:
    return N_("{count} now", count=len(penalties(appliance)))


PENALTIES = Verb("penalties list", N_("List who is penalised for guessing passwords, and why"), READ_PENALTIES)
LIFT = Verb(
    "penalties lift",
    N_("Check passwords from a penalised network again"),
    LIFT_PENALTY,
    (Ask("network", N_("Network"), default=_penalised, argument=True, help=N_("As the list shows it.")),),
)
EXEMPT = Verb(
    "penalties exempt",
    N_("Decide that a network is never penalised"),
    EXEMPT_NETWORK,
    (Ask("network", N_("Network"), argument=True, help=N_("Write it as 192.0.2.0/24 or 2001:db8::/48.")),),
)
ENFORCE = Verb(
    "penalties enforce",
    N_("Decide that an exempt network is penalised again"),
    END_EXEMPTION,
    (Ask("network", N_("Network"), Kind.CHOICE, options=_exempt, argument=True),),
)
VERBS = (PENALTIES, LIFT, EXEMPT, ENFORCE)

PENALTY_LINES = (
    Item("1", N_("List penalties"), PENALTIES, hint=_count),
    Item("2", N_("Lift a penalty"), LIFT),
    Item("3", N_("Exempt a network"), EXEMPT),
    Item("4", N_("Exempt a network no longer"), ENFORCE),
)
