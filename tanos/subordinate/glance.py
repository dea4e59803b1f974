"""What is told of server TLS keys where nobody asked for them: above the main menu, and by `status`.

Invariant: at a Tanium Server nothing is read but the store, at a zone server which files lie there and, where it has
no key, one setting, so that it costs no time.
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
from tanos.settings.setting import Component
from tanos.settings.values import effective

_WAITING = "SELECT name, check_code FROM subordinate_requests WHERE approved_at = '' ORDER BY name LIMIT 3"


def waiting_keys(appliance: Appliance) -> tuple[Finding, ...]:
    """Return a warning for each zone server that waits for an operator; of many the first."""
    if not appliance.identity.release.automatic_tls:
        return ()
    if appliance.identity.role is Role.ZONE_SERVER:
        return (own[0],) if (own := _own(appliance)) else ()
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
        return (own[1],) if (own := _own(appliance)) else ()
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


def has_pair(appliance: Appliance) -> bool:
    """Say whether there is anything by which a hub knows this zone server; who has nothing is met, and asked then.

    Raises Damaged `disk-failed`.
    """
    keeper = keeper_of(appliance)
    return keeper.current(SERVER_TLS.name) is not None or keeper.current(REPORTING.name) is not None


def _own(appliance: Appliance) -> tuple[Finding, Say] | None:
    """Say what a new zone server lacks, and in a line."""
    keeper = keeper_of(appliance)
    with suppress(TanosError):
        if keeper.root_certificate() is None:
            return _root_awaited()
        if not has_pair(appliance):
            code = next(iter(keeper.waiting(SERVER_TLS.name)), "")
            return _key_awaited(code) if code else _hub_awaited(appliance)
    return None


def _root_awaited() -> tuple[Finding, Say]:
    message = N_("This zone server trusts no Tanium Server yet.")
    remedy = N_("Have its tanium-init.dat brought here, and trust it: {import_root}.", import_root=deeds.IMPORT_ROOT)
    words = N_(
        "trusts no Tanium Server yet: import tanium-init.dat ({import_root:key})", import_root=deeds.IMPORT_ROOT
    )
    return warn("root-awaited", message, remedy), Say(words, Mark.DUE)


def _hub_awaited(appliance: Appliance) -> tuple[Finding, Say]:
    """Say that no hub came: it takes the request for the key along, and nothing is asked before."""
    there = N_(
        "On the Tanium Server have ZoneServerList, of the hub, name this server; its key is approved there then."
    )
    allowed = inert(str(effective(appliance, Component.ZONE_SERVER).get("AllowedHubs", "")))
    if not allowed:
        message = N_("No hub may come to this server, and so it gets no key: AllowedHubs is not set here.")
        return warn("hub-awaited", message, N_("Set it to the address of each hub that serves this server.")), Say(
            N_("waits for a hub, and none may come: AllowedHubs is not set"), Mark.DUE
        )
    message = N_("No hub has come for a key of this server yet; hubs may come from {allowed}.", allowed=allowed)
    return warn("hub-awaited", message, there), Say(N_("waits for its hub to come for its key"), Mark.WAIT)


def _key_awaited(code: str) -> tuple[Finding, Say]:
    message = N_("This server waits for its server TLS key to be approved; its check code is {code}.", code=code)
    remedy = N_("On the Tanium Server compare it, and approve the key: {approve}.", approve=deeds.APPROVE_KEY)
    words = N_(
        "waits for the Tanium Server to approve its key, check code {code} ({list_keys:key})",
        code=code,
        list_keys=deeds.LIST_KEYS,
    )
    return warn("key-awaited", message, remedy), Say(words, Mark.WAIT)
