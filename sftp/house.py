"""What all connections of one door share: who is here, how much room there is, and whose password is being checked.

Invariants: what strangers and one user can keep open has an end; a guess that began is finished and counts, whoever
still waits for it.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sftp.channel import Channel
from sftp.clerk import Clerk
from sftp.guest import Guest
from sftp.patience import Outcome, Patience
from sftp.warm import WarmParent
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.errors import TanosError
from tanos.trials.trial import newest
from tanos.users.judge import Verdict

MOST_STRANGERS = 256
"""Connections that have not signed in yet; when there are more, the oldest of the most crowded network has to go."""
MOST_STRANGERS_OF_ONE = 128
"""The same, of one network."""
MOST_SESSIONS = 256
"""Open at once by one user."""


class Visitor(Protocol):
    """An open connection."""

    network: str
    guest: Guest | None
    """Who it is, once signed in."""

    def channels(self) -> Sequence[Channel]:
        """Return the open channels."""

    def dismiss(self) -> bool:
        """Ask its menus to end; say whether there is one that will."""

    def turn_out(self) -> None:
        """Break the connection off."""

    async def gone(self) -> None:
        """Wait until the client has gone."""

    async def leave(self) -> None:
        """Close the connection, and wait until it is."""


@dataclass
class House:
    """What all connections of one door share."""

    appliance: Appliance
    warm: WarmParent
    records: Clerk
    passwords: Clerk
    patience: Patience = field(default_factory=Patience)
    guests: dict[Visitor, None] = field(default_factory=dict)
    """Every open connection, the oldest first."""

    guesses: set[asyncio.Task[bool]] = field(default_factory=set)
    """Passwords that wait or are checked."""

    def make_room(self) -> None:
        """Turn out a connection that has not signed in, where there are too many of those."""
        strangers = [guest for guest in self.guests if guest.guest is None]
        (crowd, size), *_ = Counter(guest.network for guest in strangers).most_common(1)
        if size > MOST_STRANGERS_OF_ONE or len(strangers) > MOST_STRANGERS:
            oldest = next(guest for guest in strangers if guest.network == crowd)
            del self.guests[oldest]  # at once: many may arrive before its end is noticed, and each must find another
            oldest.turn_out()

    def newest_trial(self) -> int:
        """Return the newest change on trial, to tell which connections began after it; -1 where that is unknown."""
        try:
            return newest(self.appliance)
        except TanosError:
            return -1

    def sessions_of(self, user: str) -> int:
        """Count the open channels of a user."""
        return sum(len(each.channels()) for each in self.guests if each.guest and each.guest.user == user)

    async def guess(self, network: str, call: Call, question: Callable[[Appliance], Verdict]) -> bool:
        """Check a password when its turn comes; a guess that began is finished, whoever still waits for it."""
        guess = asyncio.create_task(self._guess(network, call, question))
        self.guesses.add(guess)
        guess.add_done_callback(self.guesses.discard)
        return await asyncio.shield(guess)

    async def _guess(self, network: str, call: Call, question: Callable[[Appliance], Verdict]) -> bool:
        verdict = Verdict(False)

        async def check() -> bool:
            nonlocal verdict
            verdict = await self.passwords.ask(question)
            return verdict.right

        outcome = await self.patience.check(network, check)
        if outcome is Outcome.WRONG:
            self.records.note(call, result=verdict.result, also=verdict.also)
        elif outcome is Outcome.UNCHECKED:
            self.records.note(call, result=outcome.value)
        return outcome is Outcome.RIGHT
