"""Timing two things in turn, so that a machine whose speed drifts does not decide.

Invariant: a figure is a median of interleaved runs with its smallest and largest; a verdict is about the ratio.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Timed:
    """Seconds of several runs."""

    median: float
    least: float
    most: float
    runs: int

    @classmethod
    def of(cls, seconds: list[float]) -> "Timed":
        """Sum up."""
        return cls(statistics.median(seconds), min(seconds), max(seconds), len(seconds))

    def __str__(self) -> str:
        return f"{self.median * 1000:.1f} ms ({self.least * 1000:.1f}–{self.most * 1000:.1f}, n={self.runs})"


@dataclass(frozen=True)
class Gate:
    """One row of the table: ours against a peer's, and what was promised."""

    name: str
    ours: str
    peer: str
    figure: float
    promised: float | None
    """The least figure promised; None: reported only."""
    unit: str = "×"
    at_most: bool = False
    """The figure must stay below what was promised."""

    @property
    def held(self) -> bool:
        """Whether the promise is kept."""
        if self.promised is None:
            return True
        return self.figure <= self.promised if self.at_most else self.figure >= self.promised

    def row(self) -> str:
        """One line of the table."""
        sign = "≤" if self.at_most else "≥"
        promise = "reported" if self.promised is None else f"{sign} {self.promised:g} {self.unit}"
        word = "" if self.promised is None else "held" if self.held else "MISSED"
        figure = f"{self.figure:.2f} {self.unit}   {promise}   {word}"
        return f"{self.name}\n    {figure}\n    ours {self.ours}\n    peer {self.peer}"


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that `work` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def in_turn(
    ours: Callable[[], object], peer: Callable[[], object], runs: int, warm_up: int = 1
) -> tuple[Timed, Timed]:
    """Run both in turn, after a warm-up; return both times."""
    for _ in range(warm_up):
        ours()
        peer()
    a, b = [], []
    for _ in range(runs):
        a.append(timed(ours))
        b.append(timed(peer))
    return Timed.of(a), Timed.of(b)
