"""What is told of server TLS keys where nobody asked for them: above the main menu, and by `status`.

Invariant: nothing is read but the store, so that it costs no time.
"""

from tanos import deeds
from tanos.appliance import Appliance
from tanos.finding import Finding, warn
from tanos.inert import inert
from tanos.message import N_
from tanos.report import Mark, Say

_WAITING = "SELECT name, check_code FROM subordinate_requests WHERE approved_at = '' ORDER BY name LIMIT 3"


def waiting_keys(appliance: Appliance) -> tuple[Finding, ...]:
    """Return a warning for each zone server that waits for an operator; of many the first."""
    if not appliance.identity.release.automatic_tls:
        return ()
    return tuple(
        warn(
            "key-waits",
            N_(
                "{name} asks for a server TLS key and proves nothing; its check code is {code}.",
                name=inert(row["name"]),
                code=row["check_code"],
            ),
            N_("Compare it on that server; then {approve}.", approve=deeds.APPROVE_KEY),
        )
        for row in appliance.store.rows(_WAITING)
    )


def waiting_key_lines(appliance: Appliance) -> tuple[Say, ...]:
    """Return a line for each of them."""
    if not appliance.identity.release.automatic_tls:
        return ()
    return tuple(
        Say(
            N_(
                "{name} waits for a key, check code {code} ({approve:key})",
                name=inert(row["name"]),
                code=row["check_code"],
                approve=deeds.APPROVE_KEY,
            ),
            Mark.DUE,
        )
        for row in appliance.store.rows(_WAITING)
    )
