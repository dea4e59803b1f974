"""Another root of release 7.4 is made beside the one in use; the former one is revoked later, and by itself.

Rules (seed 001): two are active at most, and legacy-root is none of them; the former is revoked a week later, so that
everything has its new keys, or at once where it is compromised. No number of a root comes again.
"""

from dataclasses import dataclass

from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.root_names import number_of, numbered_name
from tanos.errors import NotYet
from tanos.finding import Finding, refuse
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.operation import Operation, Plan, Result, Tell
from tanos.report import Fact, Facts, Say
from tanos.roots.kept import Root, find_root, roots, rotating
from tanos.roots.matching import is_mismatched, mismatch_refused
from tanos.roots.page import WEEK, tile
from tanos.roots.spread import spread
from tanos.roots.steps import MAKING
from tanos.store.begun import Doing, taking

MOST_ACTIVE = 2


@dataclass(frozen=True)
class Creation:
    """The root that will be made."""

    server_value: str


async def _prepare(call: Call) -> Plan[Creation]:
    name, active = _next_name(call.appliance), rotating(call.appliance)
    facts = Facts((Fact(N_("server value"), name), *(Fact(N_("beside it"), each.server_value) for each in active)))
    day = (call.appliance.clock() + WEEK).date().isoformat()
    wait = Say(
        N_(
            "Revoke the former one after {date}, once this one is known; at once where it is compromised: {revoke}.",
            date=day,
            revoke=deeds.REVOKE_ROOT,
        )
    )
    return Plan(
        N_("Make another root key"),
        Creation(name),
        (facts, *((wait,) if active else ())),
        (*mismatch_refused(call.appliance), *_examine(active)),
        {"server_value": name, "active": [each.server_value for each in active]},
    )


async def _apply(call: Call, plan: Plan[Creation], tell: Tell) -> Result:
    """Make it. Raises NotYet `stale`, Damaged `pki-damaged`, `disk-failed`."""
    tell(N_("Making the key …"))
    root = make_root_key(call, plan.payload.server_value)
    await spread(call.appliance, tell)
    data = {**root.as_data(), "public_key": root.pem}
    proceed = Say(N_("Next: {back_up}; then wait until all have their new keys.", back_up=deeds.BACK_UP_ROOTS))
    return Result(N_("{name} is made", name=root.server_value), (tile(root, []), proceed), data=data)


def make_first_root(call: Call) -> Root:
    """Make the root with which a server of release 7.4 begins. Raises as `make_root_key` does."""
    return make_root_key(call, _next_name(call.appliance))


def make_root_key(call: Call, name: str) -> Root:
    """Make the root of that server value. Raises NotYet `stale`, Damaged `pki-damaged`, `disk-failed`."""
    appliance = call.appliance

    def check() -> None:
        if _next_name(appliance) != name or _examine(rotating(appliance)) or is_mismatched(appliance):
            raise NotYet(
                "stale",
                N_("Another session made a root key in the meantime."),
                N_("Look at the root keys that there are now, and decide anew."),
            )

    with taking(MAKING, call, Doing(name, name, name, "", name, check)) as change:
        keeper_of(appliance).make_root_key(name)
        change.after = name
    return find_root(appliance, name)


def _next_name(appliance: Appliance) -> str:
    numbers = [number_of(each.server_value) for each in roots(appliance)]
    return numbered_name(appliance.identity, max(numbers, default=-1) + 1)


def _examine(active: list[Root]) -> tuple[Finding, ...]:
    if len(active) < MOST_ACTIVE:
        return ()
    return (
        refuse(
            "two-roots",
            N_("Two root keys are active already, and more there cannot be."),
            N_("Revoke the former one first: {revoke}.", revoke=deeds.REVOKE_ROOT),
        ),
    )


CREATE_ROOT: Operation[Creation] = Operation(_prepare, _apply)
