"""Naming the other Tanium Server of an active-active pair, and forgetting it.

Invariant: what it presents is shown before it is kept; it is taken for nothing but where to look, and what was there.
"""

from dataclasses import dataclass

from tanos.active_pair.other_server import OtherServer, Part, other_server, put_other_server
from tanos.actor import Call
from tanos.certificates.check_code import fingerprint
from tanos.certificates.loaded import read_certificate
from tanos.errors import AnswerRefused
from tanos.message import N_
from tanos.operation import NOTHING_TO_DO, YES, Operation, Plan, Result, Tell
from tanos.peers import parse_address
from tanos.registration.reaching import shown_certificate
from tanos.report import Fact, Facts, Say

CONSOLE_PORT = 443


@dataclass(frozen=True)
class Named:
    """The other server, as it will be kept."""

    other: OtherServer


async def _prepare_set(call: Call, *, address: str, part: str, shares: bool) -> Plan[Named]:
    """Look at it. Raises AnswerRefused `bad-address`, `not-the-other`, NotYet `other-end-unreachable`."""
    host, port = parse_address(address, CONSOLE_PORT)
    own = {call.appliance.identity.fqdn.casefold(), call.appliance.identity.name.casefold()}
    if host.casefold() in own:
        raise AnswerRefused(
            "not-the-other", N_("{host} is this server itself.", host=host), N_("Give the other one of the pair.")
        )
    shown = fingerprint(read_certificate(await shown_certificate(host, port)))
    other = OtherServer(host.casefold(), port, Part(part), shares, shown)
    known = other_server(call.appliance)
    told = Say(
        N_("From now on no certificate is changed here while that server does not serve; the primary is first.")
    )
    return Plan(
        N_("Know the other Tanium Server of the pair"),
        Named(other),
        (facts_of(other), told),
        data=data_of(other),
        confirmation=NOTHING_TO_DO if other == known else YES,
    )


async def _set(call: Call, plan: Plan[Named], tell: Tell) -> Result:
    other, known = plan.payload.other, other_server(call.appliance)
    with call.appliance.store.change(call, about=other.where) as change:
        change.before, change.after = _said(known), _said(other)
        change.quiet = known == other
        put_other_server(change, other)
    return Result(N_("The other server of the pair is known."), (facts_of(other),), data=data_of(other))


async def _prepare_forget(call: Call) -> Plan[OtherServer | None]:
    known = other_server(call.appliance)
    return Plan(
        N_("Stand alone, without another Tanium Server"),
        known,
        (facts_of(known),) if known else (),
        data=data_of(known) if known else {},
        confirmation=YES if known else NOTHING_TO_DO,
    )


async def _forget(call: Call, plan: Plan[OtherServer | None], tell: Tell) -> Result:
    with call.appliance.store.change(call, about=plan.payload.where if plan.payload else "") as change:
        change.before = _said(plan.payload)
        change.quiet = not change.execute("DELETE FROM other_server").rowcount
    return Result(N_("This server stands alone."), data=plan.data)


def facts_of(other: OtherServer) -> Facts:
    """Return what is known of it, as operators compare it."""
    return Facts(
        (
            Fact(N_("other server"), other.where),
            Fact(N_("this server is"), N_("the primary") if other.part is Part.PRIMARY else N_("the secondary")),
            Fact(N_("certificates"), N_("one, shared by both") if other.shares else N_("one for each")),
            Fact(N_("it presented"), other.shown),
        )
    )


def data_of(other: OtherServer) -> dict[str, str | int | bool]:
    """Return the same for programs."""
    return {**vars(other), "part": other.part.value}


def _said(other: OtherServer | None) -> str:
    if other is None:
        return ""
    return f"{other.where}, this one {other.part.value}, {'one certificate' if other.shares else 'one each'}"


SET_OTHER: Operation[Named] = Operation(_prepare_set, _set)
FORGET_OTHER: Operation[OtherServer | None] = Operation(_prepare_forget, _forget)
