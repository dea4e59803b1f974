"""A root key is revoked where another Tanium Server trusts this one.

Rule (seed 001): in a pair, a server with one active pair of root keys first loses its trust; so does one whose next
root the other server does not know yet, since it would not be known again. Roots are revoked on both servers.
"""

from dataclasses import replace

from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.errors import AnswerRefused
from tanos.finding import Finding, refuse, warn
from tanos.message import N_
from tanos.operation import Operation, Plan, Result, Tell
from tanos.roots.kept import Root, rotating
from tanos.roots.offers import ROTATED_HERE
from tanos.roots.revoke import REVOKE_ROOT, Revocation
from tanos.trust.kept import Other, trusted_others


async def _prepare(call: Call, *, name: str) -> Plan[Revocation]:
    """Raises what revoking a root raises."""
    plan = await REVOKE_ROOT.prepare(call, name=name)
    return replace(plan, findings=(*_findings(call.appliance, plan.payload.root), *plan.findings))


async def _apply(call: Call, plan: Plan[Revocation], tell: Tell) -> Result:
    """Revoke it. Raises AnswerRefused `trust-first`, and what revoking a root raises."""
    found = _findings(call.appliance, plan.payload.root)
    if any(each.id == "trust-first" for each in found):
        raise AnswerRefused.because(*found)
    return await REVOKE_ROOT.apply(call, plan, tell)


def _findings(appliance: Appliance, root: Root) -> tuple[Finding, ...]:
    if not ROTATED_HERE.holds_for(appliance.identity) or root.is_legacy:
        return ()
    return tuple(_about(appliance, root, each) for each in trusted_others(appliance))


def _about(appliance: Appliance, root: Root, other: Other) -> Finding:
    following = {each.fingerprint for each in rotating(appliance)} - {root.fingerprint}
    if following & other.knows:
        return warn(
            "both-servers",
            N_("{fqdn} knows the next root key of this server, and trusts it.", fqdn=other.fqdn),
            N_("Rotate the root keys of that server there."),
        )
    return refuse(
        "trust-first",
        N_("{fqdn} trusts this server by that root key, and knows no other one of it.", fqdn=other.fqdn),
        N_(
            "Make the next one and wait until the servers have spoken; else revoke the trust first: {revoke}.",
            revoke=deeds.REVOKE_TRUST,
        ),
    )


REVOKE_ROOT_IN_PAIR: Operation[Revocation] = Operation(_prepare, _apply)
