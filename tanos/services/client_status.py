"""Client Status: who registered here, when, by which server, and whether by TLS.

As the page of the documents has it (seed 000, *Filter by Registration*): both filters are on unless told.
"""

from tanos.actor import Call
from tanos.message import N_, Message
from tanos.offer import EVERYBODY, Offer
from tanos.operation import Inquiry, Result
from tanos.platform import Role
from tanos.report import Table
from tanos.services.registered import Registered, registered

BY_TLS, UNENCRYPTED, ALL = "tls", "unencrypted", "all"
CLIENT_STATUS = Offer(frozenset({Role.TANIUM_SERVER}), users=EVERYBODY.users)


async def _list(call: Call, *, registration: str = ALL) -> Result:
    everybody = registered(call.appliance, "client")
    shown = [each for each in everybody if registration in {ALL, BY_TLS if each.using_tls else UNENCRYPTED}]
    table = Table(
        (N_("client"), N_("address"), N_("registered by"), N_("Using TLS"), N_("last registered")),
        tuple(_row(each) for each in shown),
        empty=N_("No client has registered.") if not everybody else N_("None of them."),
    )
    by_tls = sum(each.using_tls for each in everybody)
    data = {
        "clients": [each.as_data() for each in shown],
        "using_tls": by_tls,
        "unencrypted": len(everybody) - by_tls,
    }
    title = N_("{count} client, {tls} by TLS", "{count} clients, {tls} by TLS", count=len(everybody), tls=by_tls)
    return Result(title, (table,), data=data)


def _row(each: Registered) -> tuple[Message | str, ...]:
    return each.name, each.address, each.via or N_("this server"), N_("yes") if each.using_tls else N_("no"), each.at


LIST_CLIENTS = Inquiry(_list)
