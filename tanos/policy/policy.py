"""One number that an administrator decides about the console: its name, range, default and what zero means.

Invariant: what is read lies in the range; a stored value that does not (the range was another one) counts as the
default. Nothing is kept in memory: whoever asks gets what holds now.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.finding import Finding
from tanos.message import N_, Message
from tanos.store.store import Change

ON, OFF = N_("on"), N_("off")


@dataclass(frozen=True)
class Policy:
    """A row of the table; `unit` is None for a switch, which is 0 or 1."""

    name: str
    label: Message
    default: int
    least: int = 0
    most: int = 1
    unit: Message | None = None
    zero: Message | None = None
    """What 0 means, where it is not a quantity (`never`, `no limit`)."""
    told: Message | None = None
    """What follows from it, for one who is about to change it."""
    keeps_out: Callable[[int], Message | None] | None = None
    """Why a value can keep somebody out, if it can: then it is decided on trial (`tanos.trials`)."""
    misfit: Callable[[Appliance, int], Message | None] | None = None
    """Says why a value of the range does not go with what other policies say now; None where it does."""

    weighed: Callable[[Call, int], tuple[Finding, ...]] | None = None
    """Says what else somebody should know who chooses a value; raises AnswerRefused where he must not."""

    @property
    def is_switch(self) -> bool:
        """Whether it is only on or off."""
        return self.unit is None

    def holds(self, value: int) -> bool:
        """Say whether `value` may be chosen."""
        return self.least <= value <= self.most or (value == 0 and self.zero is not None)

    def words(self, value: int) -> Message:
        """Return a value as an operator reads it."""
        if self.unit is None:
            return ON if value else OFF
        if value == 0 and self.zero is not None:
            return self.zero
        return N_("{value} {unit}", value=value, unit=self.unit)

    def bare(self, value: int) -> Message | str:
        """Return a value where its unit stands beside it."""
        return str(value) if self.unit is not None and (value or self.zero is None) else self.words(value)

    def read(self, appliance: Appliance) -> int:
        """Return what holds now."""
        row = appliance.store.row("SELECT value FROM policies WHERE name = ?", self.name)
        return row["value"] if row is not None and self.holds(row["value"]) else self.default

    def write(self, change: Change, value: int) -> None:
        """Decide it within `change`; ValueError outside the range."""
        if not self.holds(value):
            raise ValueError(self.name)
        change.execute(
            "INSERT INTO policies (name, value, changed_at) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE"
            " SET value = excluded.value, changed_at = excluded.changed_at",
            self.name,
            value,
            change.now,
        )
