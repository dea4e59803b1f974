"""The states of trust between two servers: pure rules, written down once, that both go by.

    unknown -> pending -> trusted -> revoked -> pending …        unknown, pending, revoked -> denied

Each side keeps its own stance and the latest that it heard of the other's; an exchange carries no event, but where
each stands. Invariants (checked exhaustively by a test): after one undisturbed exchange both are in the same state,
whatever was lost, repeated or late before; trusted is who was accepted by both in one round; denied stays denied.

A round ends when trust is revoked: what was accepted in an earlier one counts no more. Who hears of a decision of his
own that he does not know (he was restored from a backup) takes the stricter way: denied stays so, all else begins
anew in a round of its own.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from tanos.message import N_, Message


class Decision(StrEnum):
    """What one side decided in a round."""

    NONE = "none"
    ACCEPTED = "accepted"
    DENIED = "denied"


class State(StrEnum):
    """What two stances come to."""

    UNKNOWN = "unknown"
    PENDING = "pending"
    TRUSTED = "trusted"
    REVOKED = "revoked"
    DENIED = "denied"

    @property
    def label(self) -> Message:
        """The state as an operator reads it."""
        return _LABELS[self]


_LABELS = {
    State.UNKNOWN: N_("trust approval required"),
    State.PENDING: N_("pending"),
    State.TRUSTED: N_("trusted"),
    State.REVOKED: N_("revoked"),
    State.DENIED: N_("denied"),
}


@dataclass(frozen=True)
class Stance:
    """Where one side stands."""

    round: int = 0
    decision: Decision = Decision.NONE

    @property
    def is_denial(self) -> bool:
        """Whether it is final."""
        return self.decision is Decision.DENIED

    def accepts(self, number: int) -> bool:
        """Say whether it accepted in that round."""
        return self.decision is Decision.ACCEPTED and self.round == number

    def is_after(self, other: "Stance") -> bool:
        """Say whether a side that stood there came here later: no side ever goes back."""
        return self._order > other._order

    @property
    def _order(self) -> tuple[bool, int, bool]:
        return self.is_denial, self.round, self.decision is Decision.ACCEPTED


@dataclass(frozen=True)
class Standing:
    """What one side knows: its own stance, and the other's as it last heard."""

    mine: Stance = Stance()
    theirs: Stance = Stance()

    @property
    def round(self) -> int:
        """The round in which something can be decided now."""
        return max(self.mine.round, self.theirs.round)

    @property
    def i_accepted(self) -> bool:
        """Whether this side accepted in the present round."""
        return self.mine.accepts(self.round)

    @property
    def it_accepted(self) -> bool:
        """Whether the other side did, as far as was heard."""
        return self.theirs.accepts(self.round)

    @property
    def state(self) -> State:
        """What it comes to."""
        if self.mine.is_denial or self.theirs.is_denial:
            return State.DENIED
        if self.i_accepted and self.it_accepted:
            return State.TRUSTED
        if self.i_accepted or self.it_accepted:
            return State.PENDING
        return State.REVOKED if self.round else State.UNKNOWN

    @property
    def can_accept(self) -> bool:
        """Whether an operator may accept here."""
        return self.state is not State.DENIED and not self.i_accepted

    @property
    def can_deny(self) -> bool:
        """Whether an operator may deny here: who is trusted is revoked first."""
        return self.state not in {State.DENIED, State.TRUSTED}

    @property
    def can_revoke(self) -> bool:
        """Whether there is something to take back."""
        return self.state is State.TRUSTED or (self.state is State.PENDING and self.i_accepted)

    def accepted(self) -> "Standing":
        """Return the standing once an operator accepted here."""
        return self._stand(Stance(self.round, Decision.ACCEPTED), self.can_accept)

    def denied(self) -> "Standing":
        """Return the standing once an operator denied here."""
        return self._stand(Stance(self.round, Decision.DENIED), self.can_deny)

    def revoked(self) -> "Standing":
        """Return the standing once an operator took trust, or his approval, back here."""
        return self._stand(Stance(self.round + 1), self.can_revoke)

    def heard(self, said: Stance, held: Stance) -> "Standing":
        """Return the standing after the other said where it stands, and what it holds of this side."""
        theirs = said if said.is_after(self.theirs) else self.theirs
        return Standing(_recalled(held) if held.is_after(self.mine) else self.mine, theirs)

    def _stand(self, mine: Stance, may: bool) -> "Standing":
        if not may:
            raise ValueError(self.state)
        return replace(self, mine=mine)


def _recalled(held: Stance) -> Stance:
    return held if held.is_denial else Stance(held.round + 1)
