"""The front's watch over changes on trial: puts back what nobody confirmed in time, and tells open menus.

Invariants: what is due is put back here within LOOK_SECONDS, whoever changed it and whether that process lives; the
thread that carries everybody's bytes never waits for it. An open menu is told of a change that is on trial, and each
minute how long it still is, without a key press. The drop box is
emptied from here too, at its hour.
"""

from collections.abc import Callable
from functools import partial

from sftp.house import House
from sftp.watching import watch
from tanos.appliance import Appliance
from tanos.emptying import empty_when_due
from tanos.message import Message
from tanos.trials.ends import Failure, due
from tanos.trials.kinds import load
from tanos.trials.trial import waiting

LOOK_SECONDS = 2.0
Shown = tuple[tuple[int, int], ...]
"""Number and minutes left of each change on trial."""


class Deadlines:
    """Looks at the changes on trial of one appliance; `tell` says what was done without anybody there."""

    def __init__(self, house: House, tell: Callable[[Message], None]) -> None:
        load()
        self._house = house
        self._tell = tell
        self._shown: Shown = ()
        self._said: set[Failure] = set()

    async def watch(self) -> None:
        """Look until cancelled; a store that cannot be read or written now is looked at again."""
        await watch(self._house.appliance.home, "deadlines", LOOK_SECONDS, self.look, self._empty)

    async def look(self) -> None:
        """Put back what is due, and tell the open menus where they show something else now. Raises TanosError."""
        for message in await self._house.records.ask(partial(due, said=self._said)):
            self._tell(message)
        shown = await self._house.records.ask(_shown)
        if shown != self._shown:
            self._shown = shown
            for guest in self._house.guests:
                for channel in guest.channels():
                    channel.refresh()

    async def _empty(self) -> None:
        """Empty the drop box where its hour has come. Raises TanosError, OSError."""
        for message in await self._house.records.ask(empty_when_due):
            self._tell(message)


def _shown(appliance: Appliance) -> Shown:
    now = appliance.clock()
    return tuple((trial.number, trial.minutes_left(now)) for trial in waiting(appliance))
