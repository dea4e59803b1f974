"""List the changes on trial, keep one for good, or put one back before its time."""

from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.errors import WrongUse
from tanos.message import N_, Message
from tanos.operation import Inquiry, Operation, Plan, Result, Tell
from tanos.policy.table import CONFIRM_MINUTES
from tanos.report import Fact, Facts, Mark, Say, Section, Table
from tanos.trials.ends import check_proves, confirm, find, no_such_trial, revert, within_reach
from tanos.trials.kinds import told
from tanos.trials.trial import Trial


async def read_list(call: Call) -> Result:
    """List what waits to be confirmed."""
    trials = within_reach(call)
    rows = tuple((each.name, told(each), each.user, _left(call.appliance, each)) for each in trials)
    columns = (N_("No."), N_("Change"), N_("By"), N_("Goes back"))
    data = {
        "trials": [_data(call.appliance, each) for each in trials],
        "confirm_minutes": CONFIRM_MINUTES.read(call.appliance),
    }
    return Result(N_("Changes on trial"), (Table(columns, rows, N_("No change is on trial.")),), data=data)


async def prepare_confirm(call: Call, *, trial: str) -> Plan[Trial]:
    """Find it. Raises AnswerRefused `no-such-trial`, `old-sign-in`, `way-taken-away`, WrongUse `missing-answer`."""
    found = _meant(call, trial)
    check_proves(call.actor, found)
    return Plan(N_("Keep this change"), found, (_facts(call, found),), data=_data(call.appliance, found))


async def apply_confirm(call: Call, plan: Plan[Trial], tell: Tell) -> Result:
    """Keep it for good. Raises as `prepare_confirm` does."""
    confirm(call, plan.payload)
    return Result(N_("Kept: it no longer goes back."), (Say(told(plan.payload)),), data={"trial": plan.payload.name})


async def prepare_revert(call: Call, *, trial: str) -> Plan[Trial]:
    """Find it. Raises AnswerRefused `no-such-trial`, WrongUse `missing-answer`."""
    found = _meant(call, trial)
    return Plan(N_("Put back what stood before"), found, (_facts(call, found),), data=_data(call.appliance, found))


async def apply_revert(call: Call, plan: Plan[Trial], tell: Tell) -> Result:
    """Put it back. Raises AnswerRefused `no-such-trial`."""
    stood = revert(call, plan.payload)
    title = N_("It is as it was before.") if stood else N_("It was changed again meanwhile, and stays as it is.")
    change = told(plan.payload)
    said = N_("Undone: {change}", change=change) if stood else change
    return Result(title, (Say(said),), data={"trial": plan.payload.name, "put_back": stood})


def trial_state(call: Call) -> tuple[Section, ...]:
    """Return what every menu says above its lines to who may end a change that waits."""
    return tuple(Say(_waits(call.appliance, each), Mark.WARN) for each in within_reach(call))


def _waits(appliance: Appliance, trial: Trial) -> Message:
    return N_(
        "On trial: {change} It goes back in {count} minute, at {deadline}, unless a new sign-in keeps it"
        " ({confirm:key}).",
        "On trial: {change} It goes back in {count} minutes, at {deadline}, unless a new sign-in keeps it"
        " ({confirm:key}).",
        change=told(trial),
        count=trial.minutes_left(appliance.clock()),
        deadline=trial.deadline,
        confirm=deeds.CONFIRM_TRIAL,
    )


def _meant(call: Call, typed: str) -> Trial:
    trials = within_reach(call)
    if typed:
        return find(call, typed)
    if not trials:
        raise no_such_trial()
    if len(trials) > 1:
        names = ", ".join(each.name for each in trials)
        raise WrongUse(
            "missing-answer", N_("Several changes are on trial: {names}.", names=names), N_("Name one of them.")
        )
    return trials[0]


def _facts(call: Call, trial: Trial) -> Facts:
    return Facts(
        (
            Fact(N_("Change"), told(trial)),
            Fact(N_("By"), trial.user),
            Fact(N_("Since"), trial.begun_at),
            Fact(N_("Goes back"), _left(call.appliance, trial)),
        )
    )


def _left(appliance: Appliance, trial: Trial) -> Message:
    count = trial.minutes_left(appliance.clock())
    return N_("{deadline}, in {count} minute", "{deadline}, in {count} minutes", deadline=trial.deadline, count=count)


def _data(appliance: Appliance, trial: Trial) -> dict[str, object]:
    return {
        "trial": trial.name,
        "kind": trial.kind,
        "object": trial.place,
        "change": str(told(trial)),
        "by": trial.user,
        "since": trial.begun_at,
        "deadline": trial.deadline,
        "minutes_left": trial.minutes_left(appliance.clock()),
    }


LIST_TRIALS = Inquiry(read_list)
CONFIRM_TRIAL: Operation[Trial] = Operation(prepare_confirm, apply_confirm)
REVERT_TRIAL: Operation[Trial] = Operation(prepare_revert, apply_revert)
