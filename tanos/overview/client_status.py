"""Client Status: who registered here, when, by which server, and whether by TLS.

As the page of the documents has it (seed 000, *Filter by Registration*): both filters are on unless told.
"""

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.message import N_, Message
from tanos.offer import EVERYBODY, Offer
from tanos.operation import Inquiry, Result
from tanos.platform import Role
from tanos.report import Say, Table
from tanos.revocation.clients import refused_clients
from tanos.services.admitting import CLIENT_REVOKED, why_not
from tanos.services.protocol import Hello, Part
from tanos.services.registered import Registered, registered_anywhere
from tanos.settings.setting import Component
from tanos.settings.values import effective

BY_TLS, UNENCRYPTED, ALL = "tls", "unencrypted", "all"
MOST_SHOWN = 200
"""Of those who read the page: who would be refused comes first, then who registered last."""
CLIENT_STATUS = Offer(frozenset({Role.TANIUM_SERVER}), users=EVERYBODY.users)


async def _list(call: Call, *, registration: str = ALL) -> Result:
    everybody = registered_anywhere(call.appliance, "client")
    shown = [each for each in everybody if registration in {ALL, BY_TLS if each.using_tls else UNENCRYPTED}]
    refused = _refused(call.appliance, shown)
    first = sorted(shown, key=lambda each: not refused[each.id, each.via])[:MOST_SHOWN]
    table = Table(
        (N_("client"), N_("address"), N_("registered by"), N_("Using TLS"), N_("last registered")),
        tuple(_row(each, refused[each.id, each.via]) for each in first),
        empty=N_("No client has registered.") if not everybody else N_("None of them."),
    )
    by_tls = sum(each.using_tls for each in everybody)
    data = {
        "clients": [{**each.as_data(), "refused": refused[each.id, each.via]} for each in shown],
        "using_tls": by_tls,
        "unencrypted": len(everybody) - by_tls,
    }
    title = N_("{count} client, {tls} by TLS", "{count} clients, {tls} by TLS", count=len(everybody), tls=by_tls)
    left = len(shown) - len(first)
    more = N_(
        "{count} more is not shown here; programs are told of all, by --json.",
        "{count} more are not shown here; programs are told of all, by --json.",
        count=left,
    )
    return Result(title, (table, *((Say(more),) if left else ())), data=data)


def _refused(appliance: Appliance, clients: list[Registered]) -> dict[tuple[str, str], str]:
    """Return why each would be refused here by what is set now, by id and way; empty where it would not."""
    settings = {**effective(appliance, Component.SERVER), **effective(appliance, Component.GLOBAL)}
    release = appliance.identity.release.name
    revoked = frozenset(refused_clients(appliance))
    return {
        (each.id, each.via): CLIENT_REVOKED if each.id in revoked else why_not(
            Hello(Part.CLIENT, each.id, each.name, each.protocol, each.release),
            settings, release=release, uses_tls=each.using_tls, is_relayed=bool(each.via),
        )
        for each in clients
    }  # fmt: skip


def _row(each: Registered, refused: str) -> tuple[Message | str, ...]:
    how = N_("yes") if each.using_tls else N_("no")
    told = N_("{how}, and refused now ({reason})", how=how, reason=refused) if refused else how
    if refused == CLIENT_REVOKED:
        told = N_("revoked")
    return each.name, each.address, each.via or each.server or N_("this server"), told, each.at


LIST_CLIENTS = Inquiry(_list)
