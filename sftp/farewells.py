"""Ends the sessions of those who may no longer be here: disabled, deleted, of another role, by a former password, or
by a key that was taken away, was revoked, or has expired.

Invariants: whatever process decided it, the front hears of it within LOOK_SECONDS, by the version of the store alone;
menus say why, what was confirmed is finished, and LAST_SECONDS later the connection is broken off. A session that a
key opened outlives a change of the password: its proof holds as before. What takes a key away on trial ends nothing
until it is kept: who made the change has to stay until he knows that he can come in.
"""

import asyncio

from sftp.guest import why_gone
from sftp.house import House
from sftp.watching import watch
from tanos.keys.standing import Proofs
from tanos.moments import moment_text
from tanos.users.accounts import users

LOOK_SECONDS = 0.5
LAST_SECONDS = 1.0


class Farewells:
    """Compares who is here with who may be, whenever anything was changed."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._seen: int | None = None
        self._next_end = ""
        """When the first key of those who are here expires, as the store writes it; empty where none does."""

    async def watch(self) -> None:
        """Look until cancelled; a store that cannot be read just now is looked at again."""
        await watch(self._house.appliance.home, "farewells", LOOK_SECONDS, self._look)

    async def _look(self) -> None:
        here = [each for each in self._house.guests if each.guest is not None]
        if not here:
            return
        appliance, now = self._house.appliance, self._house.appliance.clock()
        row = appliance.store.row("PRAGMA data_version")
        is_over = bool(self._next_end) and self._next_end <= moment_text(now)
        if row is None or (row[0] == self._seen and not is_over):
            return
        accounts, proofs = {account.name: account for account in users(appliance)}, Proofs(appliance, now)
        ends = set()
        for visitor in here:
            guest = visitor.guest
            if guest is None:
                continue
            by = guest.came_by
            why = why_gone(guest, accounts.get(guest.user)) or (by and proofs.why_ended(guest.user, by))
            if why:
                visitor.dismiss(why)
                asyncio.get_running_loop().call_later(LAST_SECONDS, visitor.turn_out)
            elif by:
                ends.add(proofs.ends(guest.user, by))
        self._next_end = min(ends - {""}, default="")
        self._seen = row[0]
