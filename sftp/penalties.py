"""The front door's memory of who guessed passwords, and the penalties that follow.

Invariants: a key is never asked about here, so that it signs in whatever its network did. What counts is bounded and
ends: failures after a quarter of an hour, a penalty at its time; a password that is not checked lengthens nothing.
A penalty that began stands in the store, with its reason, before anybody asks for it there; one that had to make room
for another stands there no longer.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from sftp.clerk import Clerk
from tanos.actor import system_call
from tanos.appliance import Appliance
from tanos.door.networks import Network, holds
from tanos.door.penalties import (
    KEYS_A_FAILURE,
    WINDOW_SECONDS,
    Penalty,
    count_refused,
    forget_lifted,
    forget_penalty,
    moment,
    penalties,
    write_penalty,
)
from tanos.errors import TanosError
from tanos.message import N_
from tanos.moments import moment_text

MOST_NETWORKS = 4096
_WRITE_SECONDS = 5.0
"""How soon a count of refused passwords is written again."""


@dataclass
class _Failures:
    first: float
    since: str
    passwords: int = 0
    connections: int = 0


@dataclass
class _Held:
    penalty: Penalty
    ends: float
    refused: int = 0
    written: float = 0.0


class Penalties:
    """Failures and penalties by network."""

    def __init__(self, appliance: Appliance, records: Clerk, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        """Seconds that only go forward."""
        self._appliance = appliance
        self._records = records
        self._failures: OrderedDict[str, _Failures] = OrderedDict()
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._lifted: set[str] = set()
        """Whose rows are to go although no penalty is held: while one stands there, its network is not penalised."""
        self.after = 0
        """Wrong passwords until a penalty; 0: there is none."""
        self.seconds = 0
        self.exempt: Sequence[Network] = ()

    def load(self) -> None:
        """Go on with the penalties that a restart interrupted. Raises TanosError."""
        now = self._appliance.clock()
        for penalty in reversed(penalties(self._appliance)):
            left = min(moment(penalty.until) - now, timedelta(seconds=self.seconds))  # the clock may have been ahead
            ends = self._clock() + left.total_seconds()
            held = replace(penalty, until=moment_text(now + left))
            self._held[penalty.network] = _Held(held, ends, penalty.refused)
        self._make_room()

    def refuses(self, network: str) -> Penalty | None:
        """Return the penalty under which passwords from there are not checked, or None."""
        held = self._held.get(network)
        if held is None or held.ends <= self._clock() or holds(self.exempt, network):
            return None
        return held.penalty

    def count_refused(self, network: str) -> None:
        """Count a password that was not checked."""
        held = self._held.get(network)
        if held is not None:
            held.refused += 1

    def wrong(self, network: str) -> None:
        """Count a wrong password."""
        self._count(network, passwords=1)

    def unknown_keys(self, network: str) -> None:
        """Count a connection that ended with none but unknown keys: agents offer many, so it weighs little."""
        self._count(network, connections=1)

    def right(self, network: str) -> None:
        """Forget the failures of a network from where a password was right."""
        self._failures.pop(network, None)

    def lift(self, networks: Collection[str]) -> None:
        """Forget the penalties of networks, which somebody lifted."""
        for network in networks:
            self._failures.pop(network, None)
            if self._held.pop(network, None) is not None:
                self._end(network, "lifted")
            else:
                self._lifted.add(network)

    async def look(self) -> None:
        """End what is over and write down how much was refused; called every now and then."""
        if lifted := tuple(self._lifted):
            with suppress(TanosError):
                await self._records.ask(partial(_forget_lifted, networks=lifted))
                self._lifted.difference_update(lifted)
        now = self._clock()
        for network, held in list(self._held.items()):
            if held.ends <= now:
                del self._held[network]
                self._end(network, f"{held.refused} not checked")
            elif held.refused != held.penalty.refused and now - held.written > _WRITE_SECONDS:
                held.written = now
                held.penalty = replace(held.penalty, refused=held.refused)
                with suppress(TanosError):
                    await self._records.ask(partial(_write_refused, network=network, refused=held.refused))

    def _count(self, network: str, passwords: int = 0, connections: int = 0) -> None:
        if not self.after or holds(self.exempt, network) or self.refuses(network):
            return
        now = self._clock()
        failures = self._failures.pop(network, None)
        if failures is None or now - failures.first > WINDOW_SECONDS:
            failures = _Failures(now, self._appliance.store.now())
        failures.passwords += passwords
        failures.connections += connections
        if failures.passwords + failures.connections / KEYS_A_FAILURE >= self.after:
            self._begin(network, failures)
            return
        self._failures[network] = failures
        while len(self._failures) > MOST_NETWORKS:
            self._failures.popitem(last=False)

    def _begin(self, network: str, failures: _Failures) -> None:
        until = self._appliance.clock() + timedelta(seconds=self.seconds)
        penalty = Penalty(network, failures.passwords, failures.connections, failures.since, moment_text(until), 0)
        self._held[network] = _Held(penalty, self._clock() + self.seconds)
        said = f"until {penalty.until}: {failures.passwords} passwords, {failures.connections} connections"
        call = system_call(self._appliance, "penalty begin")
        self._records.note(call, network, said, also=lambda change, _: write_penalty(change, penalty))
        self._make_room()

    def _make_room(self) -> None:
        """End those that began first."""
        while len(self._held) > MOST_NETWORKS:
            network, _ = self._held.popitem(last=False)
            self._end(network, "made room for another")

    def _end(self, network: str, said: str) -> None:
        call = system_call(self._appliance, "penalty end")
        self._records.note(call, network, said, also=lambda change, _: forget_penalty(change, network))


def _write_refused(appliance: Appliance, network: str, refused: int) -> None:
    """A count is no event: nothing of it goes into the audit."""
    with appliance.store.change(system_call(appliance, "penalty")) as change:
        change.quiet = True
        count_refused(change, network, refused)


def _forget_lifted(appliance: Appliance, networks: Collection[str]) -> None:
    """Who lifted them has left a record."""
    with appliance.store.change(system_call(appliance, "penalty")) as change:
        change.quiet = True
        for network in networks:
            forget_lifted(change, network)


def unchecked(penalty: Penalty) -> str:
    """Say to who signs in why no password is asked for."""
    said = N_(
        "Too many wrong passwords came from {network}: until {until} no password from there is checked."
        " Keys still sign in.",
        network=penalty.network,
        until=penalty.until,
    )
    return f"{said}\n"
