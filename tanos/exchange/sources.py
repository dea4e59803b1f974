"""How a Plan tells where something came from and what was repaired on the way."""

from tanos.message import N_, Message
from tanos.pasting.intake import Intake
from tanos.report import Fact, Facts, Section


def told_repairs(origin: Message, intake: Intake) -> tuple[Section, ...]:
    """Return the origin, then each repair."""
    repaired = (Fact(N_("repaired"), repair) for repair in intake.repairs)
    return (Facts((Fact(N_("read from"), origin), *repaired)),)
