"""What is said where the supervisor of the services is not confined: it serves all the same, and that is to be known.

Rule: services that are off because a kernel or a container allows less would cost more than this warning does.
"""

from collections.abc import Mapping
from typing import Any

from tanos.finding import Finding, warn
from tanos.message import N_


def unconfined(answer: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return the warning that is due by what the supervisor answered."""
    if answer.get("confined", True):
        return ()
    return (
        warn(
            "services-not-confined",
            N_("The supervisor of the services is not confined: a fault in it could reach private keys."),
            N_(
                "Run a kernel with Landlock and a container that allows it, then serve the appliance anew;"
                " its log says what failed."
            ),
        ),
    )
