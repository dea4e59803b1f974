"""Try both ways to a peer's drop box with a real file, and leave nothing there.

Invariants: the probe is removed on every way out, over a new connection where the first one was lost; the whole takes
no longer than its patience, however slow the other side is. Nothing that an exchange stands on is touched: what is
fetched is the peer's pairing text alone, because fetching a certificate would move its exchange on.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from sftp.client import drop_box
from sftp.drop_box import MOST_NAMES, DropBox
from sftp.pairing.arrows import Way
from sftp.pairing.own import FILE, own_key
from sftp.trouble import cut_there, unreachable
from tanos.appliance import Appliance
from tanos.dropbox import LARGEST
from tanos.errors import TanosError
from tanos.message import N_
from tanos.peers import Peer

PATIENCE_SECONDS = 30
CLEANING_SECONDS = 10
RECEIPT = ".receipt"


class RoundTrip:
    """One try of both ways."""

    def __init__(self, appliance: Appliance, peer: Peer) -> None:
        self._appliance = appliance
        self._peer = peer
        self._probe = f"probe-{appliance.identity.name}-{secrets.token_hex(4)}.txt"
        self.left = ""
        """The name of a probe that could not be removed; empty as it should be."""
        self.fetched = False
        """Whether a file lay in its `/outgoing` to be fetched, and was."""

    async def run(self) -> dict[Way, TanosError | None]:
        """Return for each way what stood in it, or None. Raises what keeps this appliance from signing in at all."""
        content = f"{own_key(self._appliance).line}\n".encode()
        ways: dict[Way, Callable[[DropBox], Awaitable[None]]] = {
            Way.PUT: lambda box: self._put(box, content),
            Way.GET: self._get,
        }
        seen: dict[Way, TanosError | None] = {}
        async with drop_box(self._appliance, self._peer) as box, _patience(box, PATIENCE_SECONDS):
            for way, attempt in ways.items():
                seen[way] = self._told(box, await _trouble(attempt(box)))
        if self.left:
            await self._clean()
        return seen

    def _told(self, box: DropBox, trouble: TanosError | None) -> TanosError | None:
        """Say of a connection that this side broke off that the other one was too slow."""
        if trouble is None or not box.is_given_up:
            return trouble
        return unreachable(self._peer, N_("it did not answer within {seconds} seconds", seconds=PATIENCE_SECONDS))

    async def _put(self, box: DropBox, content: bytes) -> None:
        path = f"{Way.PUT.directory}/{self._probe}"
        self.left = self._probe
        try:
            await box.put(path, content)
            names = await box.names(Way.PUT.directory)
            back = await box.fetch(path, LARGEST)
            if back != content or (self._probe not in names and len(names) < MOST_NAMES):
                raise cut_there(self._peer, path, len(back or b""), len(content))
        finally:
            with suppress(TanosError):
                await self._remove(box)

    async def _get(self, box: DropBox) -> None:
        await box.names(Way.GET.directory)
        self.fetched = await box.fetch(f"{Way.GET.directory}/{FILE}", LARGEST) is not None

    async def _remove(self, box: DropBox) -> None:
        """Remove the probe and its receipt. Raises as `DropBox.remove` does."""
        await box.remove(f"{Way.PUT.directory}/{self._probe}")
        self.left = ""
        with suppress(TanosError):
            await box.remove(f"{Way.PUT.directory}/{self._probe}{RECEIPT}")

    async def _clean(self) -> None:
        """Remove the probe over another connection, since the one that made it may be lost."""
        with suppress(TanosError):
            async with drop_box(self._appliance, self._peer) as box, _patience(box, CLEANING_SECONDS):
                await self._remove(box)


@asynccontextmanager
async def _patience(box: DropBox, seconds: float) -> AsyncIterator[None]:
    """Break the connection off after so long: a cancelled request would still wait for its answer."""
    timer = asyncio.get_running_loop().call_later(seconds, box.give_up)
    try:
        yield
    finally:
        timer.cancel()


async def _trouble(attempt: Awaitable[None]) -> TanosError | None:
    try:
        await attempt
    except TanosError as error:
        return error
    return None
