"""What is said before and after a change goes on trial: for whoever plans one."""

from tanos import deeds
from tanos.appliance import Appliance
from tanos.finding import Finding, warn
from tanos.message import N_, Message
from tanos.policy.table import CONFIRM_MINUTES
from tanos.report import Mark, Say


def on_trial_warning(appliance: Appliance, reason: Message) -> Finding:
    """Return the finding of a Plan whose change goes on trial; `reason` says why it can keep somebody out."""
    return warn(
        "on-trial",
        N_(
            "{reason} It holds on trial: it goes back in {count} minute unless a new sign-in keeps it.",
            "{reason} It holds on trial: it goes back in {count} minutes unless a new sign-in keeps it.",
            reason=reason,
            count=CONFIRM_MINUTES.read(appliance),
        ),
        _how(),
    )


def how_to_keep_it() -> Say:
    """Return what the Result of such a change ends with."""
    return Say(N_("It is on trial. {how}", how=_how()), Mark.WARN)


def _how() -> Message:
    return N_(
        "Stay signed in here, sign in anew in another terminal, and keep it there: {confirm}.",
        confirm=deeds.CONFIRM_TRIAL,
    )
