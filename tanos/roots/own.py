"""This server's own reporting pair is made anew by the root that is in use now, with the names that it has."""

from tanos.actor import Call
from tanos.certificates.pair_kinds import REPORTING
from tanos.operation import Operation, Plan
from tanos.renewal.renew import RENEW, Renewal


async def _prepare(call: Call) -> Plan[Renewal]:
    """Raises as renewing that pair does."""
    return await RENEW.prepare(call, name=REPORTING.name, due=False, alt_names=())


RENEW_OWN_PAIR: Operation[Renewal] = Operation(_prepare, RENEW.apply)
