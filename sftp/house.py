"""What all connections of one door share: who is here, how much room there is, and whose password is being checked.

Invariants: what strangers and one user can keep open has an end; a guess that began is finished and counts, whoever
still waits for it.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from sftp.clerk import Clerk
from sftp.guest import Guest
from sftp.patience import Outcome, Patience
from sftp.penalties import Penalties
from sftp.sparing import Sparing, counted
from sftp.terms import Terms, first_terms
from sftp.turns import Turns
from sftp.warm import WarmParent
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.door.penalties import lifted
from tanos.errors import TanosError
from tanos.message import Message
from tanos.platform import UserRole
from tanos.trials.trial import newest
from tanos.users.accounts import user
from tanos.users.judge import Verdict

MOST_STRANGERS = 256
"""Connections that have not signed in yet; when there are more, the oldest of the most crowded network has to go."""
MOST_STRANGERS_OF_ONE = 128
"""The same, of one network."""
MOST_SESSIONS = 256
"""Open at once by one user."""
HELD_SECONDS = 1.0
"""How long the answer to a password takes that is not checked."""


class Opened(Protocol):
    """A session of a visitor."""

    is_menu: bool
    task: asyncio.Task[None] | None

    def refresh(self) -> None:
        """Tell a menu that what stands above its lines is another."""


class Visitor(Protocol):
    """An open connection."""

    network: str
    guest: Guest | None
    """Who it is, once signed in."""
    has_guessed: bool
    """Whether it sent a password that was not right."""

    def channels(self) -> Sequence[Opened]:
        """Return the open channels."""

    def look(self, now: float) -> None:
        """Have it end where it was here for too long."""

    def dismiss(self, why: Message | None = None) -> bool:
        """Ask its menus to end, and have them say `why`; say whether there is one that will."""

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
    penalties: Penalties = field(init=False)
    sparing: Sparing = field(default_factory=Sparing)
    terms: Terms = field(default_factory=Terms)
    turns: Turns = field(default_factory=Turns)
    guests: dict[Visitor, None] = field(default_factory=dict)
    """Every open connection, the oldest first."""

    prove: Callable[[bytes, bytes, bytes], Awaitable[bytes]] | None = None
    """Proves an announced host key: takes key, algorithm and session."""

    guesses: set[asyncio.Task[bool]] = field(default_factory=set)
    """Passwords that wait or are checked."""
    watches: set[asyncio.Task[None]] = field(default_factory=set)
    """What is looked at again and again as long as the door is open."""

    _known_trial: int = -1
    follow: Callable[[], bool] = field(default=lambda: False)
    """Goes by what stands in the store now; says whether it offers other algorithms. Raises TanosError."""

    def __post_init__(self) -> None:
        self.penalties = Penalties(self.appliance, self.records)

    def begin(self) -> None:
        """Take up the terms and the penalties that stand in the store; one that cannot be read keeps nothing shut."""
        self.take(first_terms(self.appliance))
        with suppress(TanosError):
            self.penalties.load()

    def take(self, terms: Terms) -> None:
        """Go by these terms from now on."""
        self.terms = terms
        self.penalties.after, self.penalties.seconds = terms.penalty_after, terms.penalty_seconds
        self.penalties.exempt = terms.exempt

    def look(self) -> None:
        """Hear what was decided in other processes. Raises TanosError."""
        self.penalties.lift(lifted(self.appliance))

    def see_to_time(self) -> None:
        """Have connections end that were here for too long."""
        now = time.monotonic()
        for guest in tuple(self.guests):
            guest.look(now)

    def make_room(self) -> None:
        """Turn out a connection that has not signed in, where there are too many of those.

        Who was seen guessing goes first, so that a crowd of guessers has no part in who else is turned out.
        """
        strangers = [guest for guest in self.guests if guest.guest is None]
        (crowd, size), *_ = Counter(guest.network for guest in strangers).most_common(1)
        if size > MOST_STRANGERS_OF_ONE or len(strangers) > MOST_STRANGERS:
            crowded = [guest for guest in strangers if guest.network == crowd]
            goes = next((guest for guest in crowded if guest.has_guessed), crowded[0])
            del self.guests[goes]  # at once: many may arrive before its end is noticed, and each must find another
            goes.turn_out()

    def expect(self, name: str) -> None:
        """Have a menu stirred for who is about to prove that he is the user of that name, if he is one for menus."""
        account = user(self.appliance, name)
        if account is not None and account.role is not UserRole.TANCOPY:
            self.warm.stir()

    def newest_trial(self) -> int:
        """Return the newest change on trial, to tell which connections began after it; -1 where that is unknown.

        Whoever comes after a change comes on the terms that it made: only then his coming proves anything. One who
        was offered the algorithms from before, because he came in the same moment, counts as come before.
        """
        try:
            number, known = newest(self.appliance), self._known_trial
            if number == known:
                return number
            offered_others = self.follow()
        except TanosError:
            return -1
        self._known_trial = number
        return known if offered_others else number

    def sessions_of(self, user: str) -> int:
        """Count the open channels of a user."""
        return sum(len(each.channels()) for each in self.guests if each.guest and each.guest.user == user)

    def menus_of(self, user: str) -> int:
        """Count the open menus of a user."""
        channels = (each.channels() for each in self.guests if each.guest and each.guest.user == user)
        return sum(channel.is_menu for some in channels for channel in some)

    async def guess(self, network: str, call: Call, question: Callable[[Appliance], Verdict]) -> bool:
        """Check a password when its turn comes; a guess that began is finished, whoever still waits for it."""
        guess = asyncio.create_task(self._guess(network, call, question))
        self.guesses.add(guess)
        guess.add_done_callback(self.guesses.discard)
        return await asyncio.shield(guess)

    async def _guess(self, network: str, call: Call, question: Callable[[Appliance], Verdict]) -> bool:
        if self.penalties.refuses(network):
            self.penalties.count_refused(network)
            self.note_unchecked(network, call)
            await asyncio.sleep(HELD_SECONDS)
            return False
        verdict = Verdict(False)

        async def check() -> bool:
            nonlocal verdict
            verdict = await self.passwords.ask(question)
            return verdict.right

        outcome = await self.patience.check(network, check)
        if outcome is Outcome.RIGHT:
            self.penalties.right(network)
        elif outcome is Outcome.WRONG:
            self.records.note(call, result=verdict.result, also=verdict.also)
            self.penalties.wrong(network)
        else:
            self.note_unchecked(network, call)
        return outcome is Outcome.RIGHT

    def note_unchecked(self, network: str, call: Call) -> None:
        """Write down, once a minute, that what a network guessed was not looked at."""
        left_out = self.sparing.since_last((network, Outcome.UNCHECKED))
        if left_out is not None:
            self.records.note(call, after=counted(left_out), result=Outcome.UNCHECKED.value)
