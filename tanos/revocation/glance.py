"""What stands above the lines about what was issued and revoked: how many, and whether a list is stale.

Invariant: rows are counted, and none is read.
"""

from tanos.appliance import Appliance
from tanos.errors import TanosError
from tanos.message import N_
from tanos.report import Fact, Facts, Mark, Say, Section
from tanos.revocation.operations import HERE
from tanos.revocation.register import count
from tanos.revocation.stale import stale_lines


def page_state(appliance: Appliance) -> tuple[Section, ...]:
    """Return it; what cannot be read is said, and the lines stay usable."""
    if not HERE.holds_for(appliance.identity):
        return stale_lines(appliance)
    try:
        row = appliance.store.row("SELECT COUNT(*) FROM revoked_certificates")
        revoked = int(row[0]) if row else 0
        issued = N_("{count} certificate", "{count} certificates", count=count(appliance))
    except TanosError as error:
        return (Say(error.message, Mark.FAIL),)
    facts = Facts((Fact(N_("issued here"), issued), Fact(N_("revoked one by one"), str(revoked))))
    return (facts, *stale_lines(appliance))
