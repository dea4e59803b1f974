"""What is told of root keys where nobody asked for them: above the main menu, and by `status`."""

from tanos import deeds
from tanos.appliance import Appliance
from tanos.errors import TanosError
from tanos.finding import Finding
from tanos.message import N_
from tanos.report import Mark, Say
from tanos.roots.kept import State, roots
from tanos.roots.offers import HERE
from tanos.roots.page import root_findings
from tanos.roots.used import uses

_ANY_REPLACED = "SELECT 1 FROM root_keys WHERE state = 'replaced'"


def former_root_lines(appliance: Appliance) -> tuple[Say, ...]:
    """Return a line where certificates of a root that was replaced are in use; where none was, nobody is asked."""
    if not HERE.holds_for(appliance.identity) or appliance.store.row(_ANY_REPLACED) is None:
        return ()
    try:
        former = [each for each in roots(appliance) if each.state is State.REPLACED]
        count = sum(not use.is_own for each in former for use in uses(appliance, each))
    except TanosError:  # of a root that is damaged, which is told as such
        return ()
    said = N_(
        "{count} issued certificate is signed by a root that was replaced ({deed:key})",
        "{count} issued certificates are signed by a root that was replaced ({deed:key})",
        count=count,
        deed=deeds.LIST_ROOTS,
    )
    return (Say(said, Mark.WARN),) if count else ()


def roots_told(appliance: Appliance) -> tuple[Finding, ...]:
    """Return what is next with root keys."""
    if not HERE.holds_for(appliance.identity):
        return ()
    try:
        return root_findings(appliance, roots(appliance))
    except TanosError:
        return ()
