"""Every kind of change that can be on trial, and the module of the room that it belongs to. Rooms add their row here.

Invariant: all kinds stand here, so that whoever finds one overdue (a verb, the front, the next start) can put it
back. A room is asked only where something of its kind waits: each verb comes by here, and most find nothing.
"""

from collections.abc import Mapping
from importlib import import_module

from tanos.message import N_, Message
from tanos.trials.revert import Revert
from tanos.trials.trial import Trial

MODULES = {
    "authorized-key": "tanos.keys.on_trial",
    "host-key": "tanos.keys.on_trial",
    "policy": "tanos.policy_setting.on_trial",
    "revocation": "tanos.keys.on_trial",
    "ssh-rules": "tanos.door.on_trial",
}
"""Kind of trial, and the module whose `REVERTS` hold it."""


def revert_of(kind: str) -> Revert | None:
    """Return how such a change goes back; None of a kind that this version does not know."""
    module = MODULES.get(kind)
    if module is None:
        return None
    reverts: Mapping[str, Revert] = import_module(module).REVERTS
    return reverts[kind]


def load() -> None:
    """Ask every room now: a process that lives long goes on with the code that it was started with."""
    for module in MODULES.values():
        import_module(module)


def told(trial: Trial) -> Message:
    """Say what is on trial."""
    revert = revert_of(trial.kind)
    if revert is None:
        return N_("{place} was changed.", place=trial.place)
    return revert.told(trial.before, trial.after)
