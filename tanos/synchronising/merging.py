"""Settings of two servers become alike, whatever was lost, said twice or came in another order: pure code.

Rule: of a setting the last who wrote it wins: whose number is higher, and of equal numbers whose name is greater. A
number grows with each change that a server finds among its own values, so that nobody who writes a value has to know
of this. Invariants: taking a state is commutative, associative and idempotent, so that two that take each other's
state are alike; a value that is gone is a state, too, and does not come back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Place = tuple[str, str]
"""Component and name."""
MOST_NUMBER = 1 << 53
"""What every reader of JSON takes whole."""
MOST_AHEAD = 1 << 20
"""By so much the number of another server may be higher: who is broken cannot have the last word for good."""


@dataclass(frozen=True, order=True)
class Stamp:
    """When a value was written: not by a clock."""

    number: int
    by: str
    """FQDN of the server at which it was."""


@dataclass(frozen=True)
class Stood:
    """What stands at one place, since when."""

    stamp: Stamp
    kind: str = ""
    value: str | None = None
    """None: nothing was written, the default holds."""

    @property
    def _order(self) -> tuple[Stamp, bool, str, str]:
        return self.stamp, self.value is not None, self.kind, self.value or ""

    def later(self, other: "Stood") -> "Stood":
        """Return which of the two wins."""
        return max(self, other, key=lambda each: each._order)


State = Mapping[Place, Stood]
Values = Mapping[Place, tuple[str, str]]
"""Kind and value of what is written now."""


def noted(known: State, present: Values, by: str) -> dict[Place, Stood]:
    """Return the state with what was written, changed or removed here since `known`."""
    state = dict(known)
    for place in known.keys() | present.keys():
        before, now = known.get(place), present.get(place)
        stood = (before.kind, before.value) if before is not None and before.value is not None else None
        if stood != now:
            number = min((before.stamp.number if before else 0) + 1, MOST_NUMBER)
            state[place] = Stood(Stamp(number, by), *(now or ("", None)))
    return state


def merged(own: State, others: State) -> dict[Place, Stood]:
    """Return the state that both have once each has taken the other's."""
    state = dict(own)
    for place, stood in others.items():
        state[place] = stood.later(state[place]) if place in state else stood
    return state


def changed(before: State, after: State) -> Iterable[Place]:
    """Yield where another value stands, in the order of names."""
    for place in sorted(after):
        was, now = before.get(place), after[place]
        if ((was.kind, was.value) if was else ("", None)) != (now.kind, now.value):
            yield place
