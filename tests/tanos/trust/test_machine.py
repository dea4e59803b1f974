"""Every way in which two servers can come to trust each other: with one revocation until nothing new is reached,
with two to the depth of twelve steps.

A step is a decision of an operator on either side, or a record that arrives there. Each record that was ever true may
arrive at any time, never, or again and again: that is loss, repetition, reordering, and a crash between writing and
sending, all at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pytest

from tanos.trust.machine import Decision, Stance, Standing, State

START = Standing()
Said = tuple[Stance, Stance]
"""Where a side stands, and what it holds of the other."""


@dataclass(frozen=True, eq=False)
class Side:
    """One server, every record that it may have sent, and what its operator really did; equal ones are one object."""

    standing: Standing
    sent: frozenset[Said]
    accepted: frozenset[int]
    denied: bool

    def now(self, standing: Standing, *, accepts: int | None = None, denies: bool = False) -> "Side":
        said = (standing.mine, standing.theirs)
        accepted = self.accepted if accepts is None else self.accepted | {accepts}
        return side(standing, self.sent | {said}, accepted, self.denied or denies)

    def hears(self, said: Said) -> "Side":
        return self.now(self.standing.heard(*said))

    def acts(self, revocations: int) -> Iterator["Side"]:
        here = self.standing
        if here.can_accept:
            yield self.now(here.accepted(), accepts=here.round)
        if here.can_deny:
            yield self.now(here.denied(), denies=True)
        if here.can_revoke and here.round < revocations:
            yield self.now(here.revoked())


Both = tuple[Side, Side]
side = cache(Side)


def at(standing: Standing) -> Side:
    """Return one that stands there and has said nothing yet."""
    return side(standing, frozenset({(Stance(), Stance())}), frozenset(), False)


@cache
def moved(one: Side, sent: frozenset[Said], revocations: int) -> tuple[Side, ...]:
    """Return where a step can lead one side, given what may arrive; hold what must be true of every step."""
    found = (*one.acts(revocations), *map(one.hears, sent))
    for after in found:
        assert one.standing.state is not State.DENIED or after.standing.state is State.DENIED, "denied is final"
        assert not one.standing.mine.is_after(after.standing.mine), "no side goes back"
    return found


def steps(both: Both, revocations: int) -> Iterator[Both]:
    one, other = both
    for after in moved(one, other.sent, revocations):
        yield after, other
    for after in moved(other, one.sent, revocations):
        yield one, after


def exchanged(one: Side, other: Side) -> Both:
    """Return both after `one` said where it stands and `other` answered."""
    told = other.hears((one.standing.mine, one.standing.theirs))
    return one.hears((told.standing.mine, told.standing.theirs)), told


def check(both: Both) -> None:
    """Hold what must be true of every state that can be reached."""
    for one, other in (both, both[::-1]):
        standing = one.standing
        if standing.state is State.TRUSTED:
            assert standing.round in one.accepted & other.accepted, "trusted is who both accepted, in one round"
            assert not one.denied
        assert not one.denied or standing.state is State.DENIED, "who denied never trusts again"
        after = exchanged(one, other)
        states = {each.standing.state for each in after}
        assert len(states) == 1, "one exchange, and both are in the same state"
        assert State.TRUSTED not in states or not (one.denied or other.denied)
        assert [each.standing for each in exchanged(*after)] == [each.standing for each in after]


def reached(revocations: int, depth: int) -> tuple[set[Both], int]:
    """Return every state within so many steps, of two that mirror each other one; and how deep it went."""
    seen = {(at(START), at(START))}
    edge = set(seen)
    for step in range(depth):
        found = set()
        for both in edge:
            for after in steps(both, revocations):
                if after not in seen and after[::-1] not in seen:
                    found.add(after)
                    seen.add(after)
        if not found:
            return seen, step
        edge = found
    return seen, depth


def test_two_servers_never_disagree_for_longer_than_one_exchange() -> None:
    seen, depth = reached(revocations=1, depth=1000)
    for both in seen:
        check(both)
    assert {side.standing.state for both in seen for side in both} == set(State)
    assert 12 <= depth < 1000
    assert len(seen) > 10_000


@pytest.mark.soak
def test_neither_do_they_where_trust_is_revoked_twice() -> None:
    seen, depth = reached(revocations=2, depth=12)
    for both in seen:
        check(both)
    assert depth == 12
    assert len(seen) > 100_000


def test_who_forgot_in_a_restored_backup_what_he_decided_trusts_nobody_for_it() -> None:
    """Every state of before is put back beside every state of now that it led to: the loss of one side's memory."""
    trusted = exchanged(at(Standing().accepted()), at(Standing().accepted()))[1]
    for forgotten in (Standing(), Standing().accepted()):
        after = exchanged(*exchanged(at(forgotten), trusted))
        kept = forgotten.i_accepted
        assert {each.standing.state for each in after} == {State.TRUSTED if kept else State.REVOKED}
    denied = exchanged(at(Standing().denied()), at(START))[1]
    after = exchanged(*exchanged(at(Standing()), denied))
    assert {each.standing.state for each in after} == {State.DENIED}
    revoked = exchanged(at(trusted.standing.revoked()), trusted)[1]
    after = exchanged(*exchanged(at(trusted.standing), revoked))
    assert {each.standing.state for each in after} == {State.REVOKED}


def test_what_is_not_offered_in_a_state_is_no_deed_there() -> None:
    trusted = Standing(Stance(0, Decision.ACCEPTED), Stance(0, Decision.ACCEPTED))
    assert (trusted.can_accept, trusted.can_deny, trusted.can_revoke) == (False, False, True)
    denied = Standing().denied()
    assert (denied.can_accept, denied.can_deny, denied.can_revoke) == (False, False, False)
    for deed in (trusted.accepted, trusted.denied, denied.accepted, denied.revoked, Standing().revoked):
        with pytest.raises(ValueError, match=r"^(trusted|denied|unknown)$"):
            deed()
    again = trusted.revoked().accepted()
    assert (again.state, again.round) == (State.PENDING, 1)
