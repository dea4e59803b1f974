"""What is told of server TLS keys where nobody asked for them: above the main menu, and by `status`.

Invariant: at a Tanium Server nothing is read but the store, at a zone server nothing but which files lie there, so
that it costs no time.
"""

from contextlib import suppress

from tanos import deeds
from tanos.appliance import Appliance
from tanos.certificates.pair_kinds import REPORTING, SERVER_TLS
from tanos.errors import TanosError
from tanos.finding import Finding, warn
from tanos.inert import inert
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.platform import Role
from tanos.report import Mark, Say

_WAITING = "SELECT name, check_code FROM subordinate_requests WHERE approved_at = '' ORDER BY name LIMIT 3"


def waiting_keys(appliance: Appliance) -> tuple[Finding, ...]:
    """Return a warning for each zone server that waits for an operator; of many the first."""
    if not appliance.identity.release.automatic_tls:
        return ()
    if appliance.identity.role is Role.ZONE_SERVER:
        return _own(appliance)
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
    if appliance.identity.role is Role.ZONE_SERVER:
        return _own_lines(appliance)
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


def _own(appliance: Appliance) -> tuple[Finding, ...]:
    """Say what a new zone server lacks."""
    lack = _lack(appliance)
    if lack is None:
        return ()
    if lack == "":
        message = N_("This zone server trusts no Tanium Server yet.")
        remedy = N_(
            "Have its tanium-init.dat brought here, and trust it: {import_root}.", import_root=deeds.IMPORT_ROOT
        )
        return (warn("root-awaited", message, remedy),)
    message = N_("This server waits for its server TLS key to be approved; its check code is {code}.", code=lack)
    remedy = N_("On the Tanium Server compare it, and approve the key: {approve}.", approve=deeds.APPROVE_KEY)
    return (warn("key-awaited", message, remedy),)


def _own_lines(appliance: Appliance) -> tuple[Say, ...]:
    lack = _lack(appliance)
    if lack is None:
        return ()
    if lack == "":
        words = N_(
            "trusts no Tanium Server yet: import tanium-init.dat ({import_root:key})", import_root=deeds.IMPORT_ROOT
        )
        return (Say(words, Mark.DUE),)
    words = N_(
        "waits for the Tanium Server to approve its key, check code {code} ({list_keys:key})",
        code=lack,
        list_keys=deeds.LIST_KEYS,
    )
    return (Say(words, Mark.WAIT),)


def _lack(appliance: Appliance) -> str | None:
    """Return the check code of the key that a zone server without any asks for; empty where it trusts no root yet."""
    keeper = keeper_of(appliance)
    with suppress(TanosError):
        if keeper.root_certificate() is None:
            return ""
        if keeper.current(SERVER_TLS.name) is None and keeper.current(REPORTING.name) is None:
            return next(iter(keeper.waiting(SERVER_TLS.name)), None)
    return None
