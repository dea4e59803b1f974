"""The lines about subordinate keys, for menus that seldom do them: what does the work is loaded when it is done."""

from typing import Any

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.offer import Offer
from tanos.operation import Inquiry, Operation, Plan, Result, Tell
from tanos.platform import AddOn, Role
from tanos.report import Section

HERE = Offer(frozenset({Role.TANIUM_SERVER, Role.ZONE_SERVER}), automatic_tls_only=True)
"""Has server TLS keys."""
APPROVED_HERE = Offer(frozenset({Role.TANIUM_SERVER}), add_on=AddOn.ZONE_SERVER_HUB, automatic_tls_only=True)
"""Zone servers ask here for theirs."""


async def _list(call: Call) -> Result:
    from tanos.subordinate.page import list_keys

    return await list_keys(call)


def keys_state(appliance: Appliance) -> tuple[Section, ...]:
    """Return what stands above the lines about server TLS keys."""
    from tanos.subordinate.page import summary

    return summary(appliance)


def keys_grid(appliance: Appliance) -> tuple[Section, ...]:
    """Return who has which of them, and what waits."""
    from tanos.subordinate.page import grid

    return grid(appliance)


async def _prepare_approval(call: Call, *, name: str) -> Plan[Any]:
    from tanos.subordinate.approve import prepare

    return await prepare(call, name=name)


async def _approve(call: Call, plan: Plan[Any], tell: Tell) -> Result:
    from tanos.subordinate.approve import approve

    return await approve(call, plan, tell)


async def _prepare_refusal(call: Call, *, name: str) -> Plan[Any]:
    from tanos.subordinate.approve import prepare_refusal

    return await prepare_refusal(call, name=name)


async def _refuse(call: Call, plan: Plan[Any], tell: Tell) -> Result:
    from tanos.subordinate.approve import refuse_request

    return await refuse_request(call, plan, tell)


LIST_SUBORDINATE = Inquiry(_list)
APPROVE_KEY: Operation[Any] = Operation(_prepare_approval, _approve)
REFUSE_KEY: Operation[Any] = Operation(_prepare_refusal, _refuse)
