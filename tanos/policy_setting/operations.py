"""List the policies of the console and decide one.

Invariant: a Plan shows the value it replaces, and is applied only where that value still stands.
"""

from contextlib import nullcontext
from dataclasses import dataclass

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.deeds import decide_policy
from tanos.errors import AnswerRefused, NotYet
from tanos.finding import Finding
from tanos.inert import inert
from tanos.message import N_, Message
from tanos.operation import NOTHING_TO_DO, YES, Inquiry, Operation, Plan, Result, Tell
from tanos.policy.policy import Policy
from tanos.policy.table import POLICIES
from tanos.policy_setting.on_trial import POLICY
from tanos.report import Fact, Facts, Say, Section, Table
from tanos.trials.announced import how_to_keep_it, on_trial_warning
from tanos.trials.rows import on_trial, overtake

_SWITCH_WORDS = {"on": 1, "yes": 1, "y": 1, "1": 1, "off": 0, "no": 0, "n": 0, "0": 0}


@dataclass(frozen=True)
class Decision:
    """`policy` has the value `before` and gets `after`."""

    policy: Policy
    before: int
    after: int


async def read_all(call: Call) -> Result:
    """List every policy with its value, its range and its default."""
    rows = tuple(
        (each.name, _line(each), each.words(each.read(call.appliance)), _range(each), each.bare(each.default))
        for each in POLICIES
    )
    columns = (N_("policy"), N_("line"), N_("value"), N_("allowed"), N_("default"))
    data = {"policies": {each.name: each.read(call.appliance) for each in POLICIES}}
    return Result(N_("Policies of this console"), (Table(columns, rows, N_("There is none.")),), data=data)


async def prepare(call: Call, *, name: str, value: str) -> Plan[Decision]:
    """Read the value. Raises AnswerRefused `no-such-policy`, `out-of-range`, or what the policy itself refuses."""
    policy = named(name)
    before, after = policy.read(call.appliance), understood(policy, value)
    _refuse_misfit(call.appliance, policy, after)
    told: tuple[Section, ...] = (Say(policy.told),) if policy.told else ()
    reason = _keeps_out(policy, before, after)
    weighed = _weighed(call, policy, before, after)
    return Plan(
        policy.label,
        Decision(policy, before, after),
        (Facts((Fact(N_("now"), policy.words(before)), Fact(N_("then"), policy.words(after)))), *told),
        (*weighed, *((on_trial_warning(call.appliance, reason),) if reason else ())),
        {"policy": policy.name, "before": before, "value": after},
        confirmation=NOTHING_TO_DO if before == after else YES,
    )


async def apply(call: Call, plan: Plan[Decision], tell: Tell) -> Result:
    """Decide it. Raises NotYet `stale` where another session was faster."""
    policy, before, after = plan.payload.policy, plan.payload.before, plan.payload.after
    trial = _keeps_out(policy, before, after) is not None
    with call.appliance.store.change(call, about=policy.name) as change:
        if policy.read(call.appliance) != before:
            raise NotYet(
                "stale",
                N_("Another session changed {name} in the meantime.", name=policy.name),
                N_("Look at it again and decide anew."),
            )
        _refuse_misfit(call.appliance, policy, after)
        _weighed(call, policy, before, after)
        change.before, change.after, change.quiet = str(before), str(after), before == after
        with on_trial(change, call, POLICY, name=policy.name) if trial else nullcontext():
            if before != after:
                policy.write(change, after)
        if before != after and not trial:
            overtake(change, POLICY, name=policy.name)
    shown = Facts((Fact(policy.label, policy.words(after)),))
    return Result(
        N_("Decided."), (shown, how_to_keep_it()) if trial else (shown,), data={"policy": policy.name, "value": after}
    )


def _line(policy: Policy) -> Message:
    return N_("{policy_set:key}", policy_set=decide_policy(policy.name))


def _keeps_out(policy: Policy, before: int, after: int) -> Message | None:
    return policy.keeps_out(after) if policy.keeps_out and before != after else None


def _weighed(call: Call, policy: Policy, before: int, after: int) -> tuple[Finding, ...]:
    return policy.weighed(call, after) if policy.weighed and before != after else ()


def _refuse_misfit(appliance: Appliance, policy: Policy, value: int) -> None:
    """Raise AnswerRefused `out-of-range` where a value does not go with another policy."""
    why = policy.misfit(appliance, value) if policy.misfit else None
    if why is not None:
        raise AnswerRefused("out-of-range", why, N_("Decide the other one first, or choose another value."))


def named(name: str) -> Policy:
    """Return a policy by name. Raises AnswerRefused `no-such-policy`."""
    for policy in POLICIES:
        if policy.name == name.strip().casefold():
            return policy
    raise AnswerRefused(
        "no-such-policy",
        N_("There is no policy {name}.", name=inert(name)),
        N_("They are: {names}.", names=", ".join(policy.name for policy in POLICIES)),
    )


def understood(policy: Policy, typed: str) -> int:
    """Return the value that was typed. Raises AnswerRefused `out-of-range`."""
    word = typed.strip().casefold()
    if policy.is_switch and word in _SWITCH_WORDS:
        return _SWITCH_WORDS[word]
    value = int(word) if word.isascii() and word.isdigit() and len(word) <= 12 else None
    if value is None or policy.is_switch or not policy.holds(value):
        raise AnswerRefused(
            "out-of-range",
            N_("{typed} is no value of {name}.", typed=inert(typed), name=policy.name),
            N_("Allowed: {allowed}.", allowed=allowed(policy)),
        )
    return value


def _range(policy: Policy) -> Message:
    """Say what may be chosen where the unit stands beside it."""
    if policy.unit is None:
        return N_("on or off")
    if policy.zero is not None:
        return N_("{least}-{most}, 0: {zero}", least=policy.least, most=policy.most, zero=policy.zero)
    return N_("{least}-{most}", least=policy.least, most=policy.most)


def allowed(policy: Policy) -> Message:
    """Say what may be chosen."""
    if policy.unit is None:
        return N_("on or off")
    if policy.zero is not None:
        return N_(
            "{least} to {most} {unit}; 0: {zero}",
            least=policy.least,
            most=policy.most,
            unit=policy.unit,
            zero=policy.zero,
        )
    return N_("{least} to {most} {unit}", least=policy.least, most=policy.most, unit=policy.unit)


def explained(policy: Policy) -> Message:
    """Say what a policy may be, what it is unless it is changed, and what follows from it."""
    known, default = allowed(policy), policy.words(policy.default)
    if policy.told is None:
        return N_("Allowed: {allowed}. Default: {default}.", allowed=known, default=default)
    return N_("{told} Allowed: {allowed}. Default: {default}.", told=policy.told, allowed=known, default=default)


LIST_POLICIES = Inquiry(read_all)
SET_POLICY: Operation[Decision] = Operation(prepare, apply)
