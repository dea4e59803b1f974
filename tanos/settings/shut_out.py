"""What a change of a setting would do to those who come: told before it is done.

Rule (seed 000): demand TLS only once everybody is known to come by it; try it first (2), then require it (1).
"""

from tanos.appliance import Appliance
from tanos.finding import Finding, note, warn
from tanos.message import N_
from tanos.report import Section, Table
from tanos.services.registered import Registered, registered
from tanos.settings.setting import Component, Setting, Value

MOST_SHOWN = 10
_OLD, _NEW = 314, 315
_DEMANDS = {"RequireIncomingEncryption", "require_client_tls_314_flag", "require_client_tls_315_flag"}


def examine_change(
    appliance: Appliance, setting: Setting, before: Value | None, after: Value
) -> tuple[tuple[Section, ...], tuple[Finding, ...]]:
    """Return what is to be shown and said before a setting gets the value `after`."""
    if before == after:
        return (), ()
    shut = _shut_out(appliance, setting, after)
    sections: tuple[Section, ...] = (_table(shut),) if shut else ()
    return sections, (*_by_count(setting, after, len(shut)), *_first_two(setting, before, after))


def _shut_out(appliance: Appliance, setting: Setting, after: Value) -> list[Registered]:
    """Return the clients whose last registration would be refused."""
    clients = registered(appliance, "client")
    if setting.name == "RequireIncomingEncryption" and after == 1:
        return [each for each in clients if not each.using_tls]
    if setting.name in {"require_client_tls_314_flag", "require_client_tls_315_flag"} and after == 1:
        protocol = _OLD if "314" in setting.name else _NEW
        return [each for each in clients if not each.using_tls and each.protocol == protocol]
    if setting.name == "enable_protocol_314_flag" and after == 0:
        return [each for each in clients if each.protocol == _OLD]
    return []


def _by_count(setting: Setting, after: Value, count: int) -> tuple[Finding, ...]:
    if count:
        return (
            warn(
                "shuts-out",
                N_("{count} client would be kept out.", "{count} clients would be kept out.", count=count),
                N_("Have them use TLS first: set ReportingTLSMode of clients to 2, and wait until they registered."),
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


def _first_two(setting: Setting, before: Value | None, after: Value) -> tuple[Finding, ...]:
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
    return Table((N_("client"), N_("address"), N_("by way of"), N_("last registered")), rows, empty=N_("None."))
