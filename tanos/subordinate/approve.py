"""An operator approves the key of a zone server that proves nothing, or has its request wait no longer.

Invariant: what is approved is one key: the last group of its check code is typed, which the zone server shows, too.
Nothing is signed by this itself: the zone server is given its certificate when its hub meets it the next time.
"""

from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.names import show_names
from tanos.errors import AnswerRefused, NotYet
from tanos.inert import inert
from tanos.message import N_
from tanos.operation import Confirmation, Plan, Result, Tell
from tanos.report import Fact, Facts, Mark, Say
from tanos.subordinate.pending import Pending, forget, pending, pending_of, write_approved


async def prepare(call: Call, *, name: str) -> Plan[Pending]:
    """Show what waits. Raises AnswerRefused `no-such-request`."""
    found = _waiting(call.appliance, name)
    compare = Say(
        N_("On the zone server the same check code is shown ({list:key} there): compare it.", list=deeds.LIST_KEYS)
    )
    return Plan(
        N_("Have a server TLS key signed for {name}", name=inert(found.name)),
        found,
        (_facts(found), compare, Say(N_("Whoever has that key is taken for this zone server then."), Mark.WARN)),
        (),
        _data(found),
        Confirmation(found.last_group),
    )


async def approve(call: Call, plan: Plan[Pending], _: Tell) -> Result:
    """Approve it. Raises NotYet `stale`."""
    found = plan.payload
    with call.appliance.store.change(call, about=found.name) as change:
        if not write_approved(change, found.name, found.check_code, call.actor.user):
            raise _stale()
        change.after = f"approved: {found.check_code}"
    told = Say(N_("It has its certificate within half a minute, when the hub meets it again."))
    return Result(
        N_("The key of {name} is approved", name=inert(found.name)), (_facts(found), told), data=_data(found)
    )


async def prepare_refusal(call: Call, *, name: str) -> Plan[Pending]:
    """Show what waits, or was approved and has no certificate yet. Raises AnswerRefused `no-such-request`."""
    found = _known(call.appliance, name)
    told = Say(N_("It waits no longer; a zone server that still wants a key asks again."))
    return Plan(
        N_("Forget the request of {name}", name=inert(found.name)), found, (_facts(found), told), (), _data(found)
    )


async def refuse_request(call: Call, plan: Plan[Pending], _: Tell) -> Result:
    """Forget it. Raises NotYet `stale`."""
    found = plan.payload
    with call.appliance.store.change(call, about=found.name) as change:
        if not forget(change, found.name, found.check_code):
            raise _stale()
        change.before = found.check_code
    return Result(N_("The request of {name} is forgotten", name=inert(found.name)), (), data=_data(found))


def _waiting(appliance: Appliance, name: str) -> Pending:
    found = _known(appliance, name)
    if found.approved_at:
        raise AnswerRefused(
            "no-such-request",
            N_("The key of {name} is approved already.", name=inert(name)),
            N_("It has its certificate when the hub meets it again."),
        )
    return found


def _known(appliance: Appliance, name: str) -> Pending:
    found = pending_of(appliance, name.strip())
    if found is not None:
        return found
    names = ", ".join(each.name for each in pending(appliance))
    raise AnswerRefused(
        "no-such-request",
        N_("No server TLS key of {name} waits here.", name=inert(name)),
        N_("Those that wait: {names}.", names=inert(names))
        if names
        else N_("None waits: a zone server asks as soon as the hub of this server reaches it."),
    )


def _facts(found: Pending) -> Facts:
    return Facts(
        (
            Fact(N_("zone server"), found.name),
            Fact(N_("names in it"), ", ".join(show_names(found.read.to_issue))),
            Fact(N_("check code"), found.check_code),
            Fact(N_("asked"), found.asked_at),
        )
    )


def _data(found: Pending) -> dict[str, object]:
    names = list(show_names(found.read.to_issue))
    return {"name": found.name, "check_code": found.check_code, "names": names, "asked_at": found.asked_at}


def _stale() -> NotYet:
    return NotYet(
        "stale",
        N_("That request waits no longer, or another one does."),
        N_("Look at what waits now, and compare its check code."),
    )
