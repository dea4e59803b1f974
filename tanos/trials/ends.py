"""How a trial ends: confirmed by a new sign-in, reverted by an operator, or put back when it is due.

Confirming is a deed of its own (`trial confirm`), not something that any sign-in does by itself: a program that signs
in every minute would confirm what has just locked its operator out. It has to come over a connection to the front
door that began after the change: only that one proves that rules, algorithms, host key and one's own key or password
still let somebody in. The session that made the change proves nothing, nor does any that was open then.

Invariants: each end is one transaction with its own audit record, and happens once, whoever comes to it first. What
was changed again since by somebody else is not overwritten; the record says so. Reverting is always allowed.
"""

from datetime import datetime

from tanos import deeds
from tanos.actor import Actor, Call, system_call
from tanos.appliance import Appliance
from tanos.errors import AnswerRefused, TanosError
from tanos.faults import write_fault
from tanos.finding import refuse
from tanos.message import N_, Message
from tanos.platform import UserRole
from tanos.store.store import Change
from tanos.trials.kinds import MODULES, revert_of, told
from tanos.trials.trial import Trial, take, waiting

REVERT = "trial revert"
PUT_BACK, OVERTAKEN = "put back", "overtaken"
Failure = tuple[int, str]
"""The number of a trial that could not be put back, and the id of what stood in the way."""


def confirm(call: Call, trial: Trial) -> None:
    """Keep the change for good. Raises AnswerRefused `no-such-trial`, `old-sign-in`, `way-taken-away`."""
    with call.appliance.store.change(call, about=trial.place) as change:
        _check_in_time(call, trial)
        _taken(change, trial)
        check_proves(call.actor, trial)
        change.before, change.after = "on trial", "kept"
    if of := revert_of(trial.kind):
        of.kept(call)


def revert(call: Call, trial: Trial) -> bool:
    """Put it back now; say whether it still stood. Raises AnswerRefused `no-such-trial`."""
    with call.appliance.store.change(call, about=trial.place) as change:
        return _put_back(change, call.appliance, _taken(change, trial))


def due(appliance: Appliance, now: datetime | None = None, said: set[Failure] | None = None) -> list[Message]:
    """Put back what nobody confirmed in time; return what was done, and what could not be.

    `said`: failures that were told already; they are told once. Raises TanosError where not even that can be read.
    """
    moment, said = now or appliance.clock(), set() if said is None else said
    overdue = [trial for trial in waiting(appliance) if trial.is_due(moment) and trial.kind in MODULES]
    return [message for trial in overdue for message in _end(appliance, trial, said)]


def check_proves(actor: Actor, trial: Trial) -> None:
    """Raise AnswerRefused `old-sign-in` or `way-taken-away` unless this actor's coming proves a way in."""
    if actor.came_after < trial.number:
        raise AnswerRefused.because(
            refuse(
                "old-sign-in",
                N_("This session is no proof that one can still sign in: it did not begin after the change."),
                N_(
                    "Stay signed in here, sign in to the front door anew in another terminal, and keep it there:"
                    " {confirm}.",
                    confirm=deeds.CONFIRM_TRIAL,
                ),
            )
        )
    of = revert_of(trial.kind)
    if of and of.will_take(trial.before, actor):
        raise AnswerRefused.because(
            refuse(
                "way-taken-away",
                N_("You came in by what this change takes away."),
                N_("Sign in another way, with another key or the password, and confirm there."),
            )
        )


def find(call: Call, number: str) -> Trial:
    """Return a trial that this user may end: a tanadmin any, others their own. Raises `no-such-trial`."""
    for trial in within_reach(call):
        if number.strip().casefold() in {trial.name.casefold(), str(trial.number)}:
            return trial
    raise no_such_trial()


def within_reach(call: Call) -> list[Trial]:
    """Return the trials that this user may end."""
    everything = call.actor.role is UserRole.TANADMIN
    return [trial for trial in waiting(call.appliance) if everything or trial.user == call.actor.user]


def no_such_trial() -> AnswerRefused:
    """Return the refusal of a trial that is none, or no longer."""
    return AnswerRefused(
        "no-such-trial",
        N_("No such change is on trial: it was confirmed, or went back."),
        N_("See what waits: {list_trials}.", list_trials=deeds.LIST_TRIALS),
    )


def _end(appliance: Appliance, trial: Trial, said: set[Failure]) -> list[Message]:
    try:
        call = system_call(appliance, REVERT)
        with appliance.store.change(call, about=trial.place) as change:
            taken = take(change, trial.number)
            if taken is None:
                change.quiet = True
                return []
            stood = _put_back(change, appliance, taken)
    except TanosError as error:
        return [error.message, error.remedy] if _is_new((trial.number, error.id), said) else []
    except Exception as error:
        if not _is_new((trial.number, type(error).__name__), said):
            return []
        write_fault(appliance.home, REVERT, error)
        return [N_("{place} could not be put back; the log of faults says why.", place=trial.place)]
    return [_said(taken, stood)]


def _is_new(failure: Failure, said: set[Failure]) -> bool:
    is_new = failure not in said
    said.add(failure)
    return is_new


def _put_back(change: Change, appliance: Appliance, trial: Trial) -> bool:
    of = revert_of(trial.kind)
    stood = bool(of and of.put_back(change, appliance, trial.before, trial.after))
    change.before = f"on trial by {trial.user}: {told(trial)}"
    change.after = PUT_BACK if stood else OVERTAKEN
    return stood


def _taken(change: Change, trial: Trial) -> Trial:
    taken = take(change, trial.number)
    if taken is None:
        raise no_such_trial()
    return taken


def _check_in_time(call: Call, trial: Trial) -> None:
    if trial.is_due(call.appliance.clock()):
        raise no_such_trial()


def _said(trial: Trial, stood: bool) -> Message:
    if stood:
        return N_("Nobody confirmed in time. Undone: {change}", change=told(trial))
    return N_("Nobody confirmed, but it was changed again meanwhile and stays so: {change}", change=told(trial))
