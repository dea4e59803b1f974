"""Who sits down at the screens, and at which appliance."""

from collections.abc import Callable
from dataclasses import dataclass

from menus.screens.look import Look
from tanos.actor import Actor
from tanos.appliance import Appliance


@dataclass(frozen=True)
class Seat:
    """Who sits down, and where. Without a `look`, the environment says it."""

    appliance: Appliance
    actor: Actor
    look: Look | None = None


TakeSeat = Callable[[], Seat | None]
"""Returns who sits down; None where somebody is only about to."""
