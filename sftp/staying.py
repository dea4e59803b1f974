"""How long a connection stays, and by which ways it is ended.

Invariant: who is sent away is told why, and menus have time to leave their terminals as they found them; that time
has an end.
"""

import asyncio
from collections.abc import Sequence

import asyncssh

from sftp.channel import Channel
from sftp.house import House
from sftp.limits import Stay
from sftp.refusing import Refusing
from tanos.message import Message

FAREWELL_SECONDS = 1.5
"""How long menus have to leave their terminals as they found them, and clients to show that and go: a client that is
disconnected in the same breath shows nothing of what came before."""
_BY_APPLICATION = 11
"""RFC 4250."""


class Staying(Refusing):
    """A connection that somebody may end."""

    def __init__(self, house: House) -> None:
        super().__init__(house.records)
        self._house = house
        self._connection: asyncssh.SSHServerConnection | None = None
        self._open_channels: set[Channel] = set()
        self._stay: Stay | None = None
        self._end = ""
        self._farewell: asyncio.Task[None] | None = None

    def look(self, now: float) -> None:
        """End it where it was here for too long."""
        if self._stay is None or self._farewell is not None:
            return
        overdue = self._stay.overdue(self._house.terms, self._open_channels, now)
        if overdue is not None:
            self._end, why = overdue
            self._farewell = asyncio.create_task(self._send_away(why))

    async def _send_away(self, why: Message) -> None:
        """Say why, leave its terminals time to be as they were, and close it."""
        if sum(channel.dismiss(why) for channel in self._open_channels):
            await asyncio.wait({asyncio.create_task(self.gone())}, timeout=FAREWELL_SECONDS)
        if self._connection is not None:
            self._connection.disconnect(_BY_APPLICATION, str(why))

    def dismiss(self, why: Message | None = None) -> bool:
        """Ask its menus to end, and tell all `why`; say whether there is one that will."""
        told = () if why is None else (why,)
        return sum(channel.dismiss(*told) for channel in self._open_channels) > 0

    async def gone(self) -> None:
        """Wait until the client has gone."""
        if self._connection is not None:
            await self._connection.wait_closed()

    async def leave(self) -> None:
        """Close the connection, and wait until it is."""
        if self._connection is not None:
            self._connection.close()
            await self._connection.wait_closed()

    def turn_out(self) -> None:
        """Break the connection off."""
        if self._connection is not None:
            self._connection.abort()

    def channels(self) -> Sequence[Channel]:
        """Return the open channels."""
        return tuple(self._open_channels)
