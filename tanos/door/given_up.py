"""Giving up a host key that was made and announced, and did not take over: made by mistake, or seen elsewhere.

Invariant: only what nobody is shown is given up; a key that is shown already goes back by its trial.
"""

from tanos import deeds
from tanos.actor import Call
from tanos.errors import NotYet
from tanos.keeper import keeper_of
from tanos.keys.host_keys import host_key_file
from tanos.keys.host_rotation import NextKey, forget_next, next_keys
from tanos.message import N_
from tanos.operation import Operation, Plan, Result, Tell
from tanos.report import Fact, Facts, Say


async def prepare(call: Call, *, kind: str) -> Plan[NextKey]:
    """Find it. Raises NotYet `step-missing`."""
    following = _following(call, kind)
    told = N_("It is announced no more, and wiped; clients that learned it forget it. The present key stays.")
    return Plan(N_("Give up the next host key"), following, (_facts(following), Say(told)), data=_data(following))


async def apply(call: Call, plan: Plan[NextKey], tell: Tell) -> Result:
    """Wipe it, and announce it no more. Raises Damaged `disk-failed`, NotYet `step-missing`, `stale`."""
    kind, line = plan.payload.kind, plan.payload.line
    with call.appliance.store.change(call, about=kind) as change:
        following = _following(call, kind)
        if following.line != line:
            raise NotYet("stale", N_("Another next host key was made meanwhile."), N_("Look at it, and try again."))
        keeper_of(call.appliance).drop_next_host_key(kind, line)
        forget_next(change, following)
        change.before, change.after = f"{following.fingerprint} announced", "wiped"
    return Result(N_("The next host key is given up."), (_facts(following),), data=_data(following))


def _following(call: Call, kind: str) -> NextKey:
    host_key_file(kind)
    for each in next_keys(call.appliance):
        if each.kind == kind and each.in_use:
            raise NotYet(
                "step-missing",
                N_("This key is shown to who connects already."),
                N_("Put that back first, while it is on trial: {list_trials}.", list_trials=deeds.LIST_TRIALS),
            )
        if each.kind == kind:
            return each
    raise NotYet(
        "step-missing",
        N_("No next host key of that type is announced."),
        N_("There is nothing to give up."),
    )


def _facts(following: NextKey) -> Facts:
    return Facts((Fact(N_("Next key"), following.fingerprint), Fact(N_("Announced since"), following.made_at)))


def _data(following: NextKey) -> dict[str, object]:
    return {"kind": following.kind, "next": following.fingerprint}


FORGET_HOST_KEY: Operation[NextKey] = Operation(prepare, apply)
