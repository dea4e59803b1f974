"""What a change of a setting would do to those who come: told before it is done.

Rule (seed 000): demand TLS only once everybody is known to come by it; try it first (2), then require it (1).
"""

from tanos.appliance import Appliance
from tanos.finding import Finding, note, warn
from tanos.inert import inert
from tanos.message import N_, Message
from tanos.registration.trusted import trusted
from tanos.report import Section, Table
from tanos.services.registered import Registered, registered, registered_anywhere
from tanos.settings.setting import Component, Setting, Value
from tanos.settings.values import effective

MOST_SHOWN = 10
_OLD, _NEW = 314, 315
_DEMANDS = {"RequireIncomingEncryption", "require_client_tls_314_flag", "require_client_tls_315_flag"}
_MODES = {"ReportingTLSMode", "TLSMode"}
_PORTS_OF_OTHERS = {"ServerPort", "ServerSOAPPort"}
_SPOKEN = {
    "ReportingTLSMode": _OLD,
    "TLSMode": _NEW,
    "require_client_tls_314_flag": _OLD,
    "require_client_tls_315_flag": _NEW,
}
"""The protocol of those whom a setting concerns; else all."""


def examine_change(
    appliance: Appliance, setting: Setting, before: Value | None, after: Value | None
) -> tuple[tuple[Section, ...], tuple[Finding, ...]]:
    """Return what is to be shown and said before a setting gets the value `after`."""
    if before == after:
        return (), ()
    shut = shut_out(appliance, setting, after)
    sections: tuple[Section, ...] = (_table(shut),) if shut else ()
    told = (
        *_by_count(setting, after, len(shut)),
        *_first_two(setting, before, after),
        *_hubs(setting, before, after),
        *_port_known(appliance, setting),
    )
    return sections, told


def shut_out(appliance: Appliance, setting: Setting, after: Value | None) -> list[Registered]:
    """Return the clients, or of the hub's mode the zone servers, that would be refused or would no longer come."""
    name, protocol = setting.name, _SPOKEN.get(setting.name)
    if setting.component is Component.HUB and name in _MODES:
        zones = registered(appliance, "zone-server")
        return [each for each in zones if not each.using_tls] if after == 1 else []
    if setting.component is Component.CLIENTS and name in _MODES:
        return _lost_by_mode(appliance, after, protocol)
    if name in _DEMANDS and after == 1:
        return [each for each in _clients(appliance, protocol) if not each.using_tls]
    if _is_port_of_clients(setting):
        return [each for each in _clients(appliance, protocol) if not each.via and not each.server]
    if name == "enable_protocol_314_flag" and after == 0:
        return _clients(appliance, _OLD)
    return []


def _lost_by_mode(appliance: Appliance, mode: Value | None, protocol: int | None) -> list[Registered]:
    """Return who would not come any longer once clients have this mode: without them it cannot be taken back."""
    if mode == 1:
        return [each for each in _clients(appliance, protocol) if not each.using_tls]
    if mode == 0:
        values = effective(appliance, Component.SERVER)
        automatic = appliance.identity.release.automatic_tls
        demand = f"require_client_tls_{protocol}_flag" if automatic else "RequireIncomingEncryption"
        return _clients(appliance, protocol) if values.get(demand) == 1 else []
    return []


def _is_port_of_clients(setting: Setting) -> bool:
    return (setting.component, setting.name) == (Component.SERVER, "ServerPort")


def _clients(appliance: Appliance, protocol: int | None) -> list[Registered]:
    return [each for each in registered_anywhere(appliance, "client") if protocol in {None, each.protocol}]


def _by_count(setting: Setting, after: Value | None, count: int) -> tuple[Finding, ...]:
    if count and setting.component is Component.HUB:
        return (
            warn(
                "shuts-out",
                N_("{count} zone server would be cut off.", "{count} zone servers would be cut off.", count=count),
                N_("Have its certificate installed there first; set this to 2, and to 1 once TLS is used."),
            ),
        )
    if count:
        return (
            warn(
                "shuts-out",
                N_("{count} client would be kept out.", "{count} clients would be kept out.", count=count),
                _remedy(setting),
            ),
        )
    if setting.name in _DEMANDS and after == 1 and setting.component is Component.ZONE_SERVER:
        return (
            note(
                "seen-elsewhere",
                N_("Who comes without TLS is known to the Tanium Server, not here."),
                N_("Look there at the status of clients first."),
            ),
        )
    return ()


def _hubs(setting: Setting, before: Value | None, after: Value | None) -> tuple[Finding, ...]:
    if setting.name != "AllowedHubs" or not before:
        return ()
    lost = set(str(before).replace(",", " ").split()) - set(str(after or "").replace(",", " ").split())
    if not lost:
        return ()
    return (
        warn(
            "shuts-out",
            N_("Hubs from {addresses} would be kept out.", addresses=", ".join(sorted(lost))),
            N_("See that another hub serves this zone: without one no client of it is served."),
        ),
    )


def _port_known(appliance: Appliance, setting: Setting) -> tuple[Finding, ...]:
    """Return who else goes by the present port: this server cannot tell them another."""
    if (setting.component, setting.name) == (Component.ZONE_SERVER, "ServerPort"):
        return (
            note(
                "seen-elsewhere",
                N_("Hub and clients go by the present port; who they are is known to the Tanium Server, not here."),
                N_("Give them the new one: the hub by ZoneServerList, clients where they are installed."),
            ),
        )
    names = ", ".join(inert(each.name) for each in trusted(appliance)) if setting.name in _PORTS_OF_OTHERS else ""
    if not names or _is_port_of_clients(setting):
        return ()
    return (
        warn(
            "shuts-out",
            N_("{names} goes by the present port of this server.", names=names),
            N_("Register both with each other again once it is changed, at either end."),
        ),
    )


def _remedy(setting: Setting) -> Message:
    if _is_port_of_clients(setting):
        return N_("They know the present port alone: have the new one ready where they were installed.")
    if setting.name == "enable_protocol_314_flag":
        return N_("They speak the protocol of 7.2: replace them first, and wait until they registered as 7.4.")
    return N_("Have them use TLS first: set ReportingTLSMode of clients to 2, and wait until they registered.")


def _first_two(setting: Setting, before: Value | None, after: Value | None) -> tuple[Finding, ...]:
    if setting.name != "ReportingTLSMode" or (before, after) != (0, 1):
        return ()
    return (
        warn(
            "tls-not-tried",
            N_("TLS was not in use until now, and would be required at once."),
            N_("Set it to 2 first; once connections use TLS, set it to 1."),
        ),
    )


def _table(clients: list[Registered]) -> Table:
    rows = tuple((each.name, each.address, each.via or "-", each.at) for each in clients[:MOST_SHOWN])
    return Table((N_("name"), N_("address"), N_("by way of"), N_("last registered")), rows, empty=N_("None."))
