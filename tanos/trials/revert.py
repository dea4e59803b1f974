"""What a room says of a kind of change of its own that can be on trial: its words, and how it goes back."""

from collections.abc import Callable
from dataclasses import dataclass

from tanos.actor import Actor, Call
from tanos.appliance import Appliance
from tanos.message import Message
from tanos.store.store import Change
from tanos.trials.trial import Stood

PutBack = Callable[[Change, Appliance, Stood, Stood], bool]
"""Puts `before` back where `after` still stands, within the change; False where it was changed again since."""


def nothing_to_come(_: Stood, __: Actor) -> bool:
    """Say that such a change has all its effect at once."""
    return False


def nothing_to_do(_: Call) -> None:
    """Leave what is kept as it is."""


@dataclass(frozen=True)
class Revert:
    """One kind."""

    told: Callable[[Stood, Stood], Message]
    """What was changed, in words, from what stood before and after."""
    put_back: PutBack
    will_take: Callable[[Stood, Actor], bool] = nothing_to_come
    """Whether it takes away, later, the way by which that actor came in: then his sign-in proves nothing."""
    kept: Callable[[Call], object] = nothing_to_do
    """What is done outside the database once it is kept for good; the next start does it where that died."""
