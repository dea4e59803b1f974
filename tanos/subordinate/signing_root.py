"""Which root of 7.4 signs what is for clients: the latest, once clients have had the time to hear of it.

Rule (seed 001): a root that was made signs once it is known; where the former one is gone it signs at once. Who has
not heard of it then is told by a letter of the former one (`telling`).
"""

from datetime import timedelta

from tanos.appliance import Appliance
from tanos.roots.kept import Root, rotating
from tanos.roots.page import made

SETTLED = timedelta(hours=1)
"""Longer than it takes every client that is connected to hear of a message."""


def signing_root(appliance: Appliance) -> Root | None:
    """Return it; None where there is none of 7.4. Raises Damaged `damaged-root`."""
    found = rotating(appliance)
    if len(found) > 1 and appliance.clock() - made(found[-1]) < SETTLED:
        return found[-2]
    return found[-1] if found else None
