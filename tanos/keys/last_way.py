"""The refusal that keeps the last way into the console: it says which keys there are that do not count, and why."""

from collections.abc import Collection

from tanos.appliance import Appliance
from tanos.errors import AnswerRefused
from tanos.finding import refuse
from tanos.keys.authorized import not_counted
from tanos.message import N_, Message, listed

_MOST_NAMED = 5


def last_way_in(
    appliance: Appliance, message: Message, remedy: Message, *, without: Collection[str] = (), besides: str = ""
) -> AnswerRefused:
    """Return it; keys `without` which it would be, or of the user `besides` whom, are not spoken of."""
    others = [
        N_("{fingerprint} of {user}: {why}", fingerprint=fingerprint, user=user, why=why)
        for fingerprint, (why, user) in not_counted(appliance).items()
        if fingerprint not in without and user != besides
    ]
    said = message
    if others:
        said = N_("{message} What does not count: {keys}.", message=message, keys=listed(*others[:_MOST_NAMED]))
    return AnswerRefused.because(refuse("last-way-in", said, remedy))
