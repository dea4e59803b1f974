"""An open connection to another appliance's drop box.

Invariants: no link is followed, nothing larger than asked for is taken, no listing runs on for ever, and every
exchange of words ends within a minute, so that a hostile server costs patience and nothing else.
"""

import asyncio
import stat
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from sftp.trouble import cut_there, refused_there, unreachable
from tanos.errors import AnswerRefused
from tanos.files import one_component
from tanos.inert import inert
from tanos.message import N_
from tanos.peers import Peer

if TYPE_CHECKING:
    import asyncssh

CARRY_SECONDS = 60
MOST_NAMES = 1000
T = TypeVar("T")


class DropBox:
    """`/incoming` and `/outgoing` of a peer."""

    def __init__(self, peer: Peer, sftp: "asyncssh.SFTPClient", abort: Callable[[], None]) -> None:
        self._peer = peer
        self._sftp = sftp
        self._abort = abort
        self.is_given_up = False
        """Whether this side broke it off."""

    def give_up(self) -> None:
        """Break the connection off, so that whatever waits for an answer ends at once."""
        self.is_given_up = True
        self._abort()

    async def fetch(self, path: str, limit: int) -> bytes | None:
        """Return a file's bytes (at most `limit`), or None where there is no such file.

        Raises AnswerRefused `not-a-file` or `too-large`, NotYet `peer-refused` or `peer-unreachable`.
        """
        return await self._carry(self._fetch(path, limit), path)

    async def put(self, path: str, data: bytes) -> None:
        """Write a whole file and verify its size; that it appears whole or not at all is the server's promise.

        Raises NotYet `peer-refused` (with the server's own words) or `peer-unreachable`.
        """
        await self._carry(self._put(path, data), path)

    async def names(self, directory: str = "/outgoing") -> list[str]:
        """Return the usable file names of a directory, at most a thousand; others are left out."""
        return await self._carry(self._names(directory), directory)

    async def remove(self, path: str) -> None:
        """Remove a file; that there is none is as good.

        Raises NotYet `peer-refused` or `peer-unreachable`.
        """
        await self._carry(self._remove(path), path)

    async def _fetch(self, path: str, limit: int) -> bytes | None:
        import asyncssh

        try:
            found = await self._sftp.lstat(path)
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
            return None
        if found.permissions is not None and not stat.S_ISREG(found.permissions):
            raise self._not_plain(path)
        if (found.size or 0) > limit:
            raise self._too_large(path, limit)
        async with self._sftp.open(path, "rb", encoding=None) as file:
            data: bytes = await file.read(limit + 1)
        if len(data) > limit:
            raise self._too_large(path, limit)
        return data

    async def _put(self, path: str, data: bytes) -> None:
        async with self._sftp.open(path, "wb", encoding=None) as file:
            await file.write(data)
        size = (await self._sftp.stat(path)).size or 0
        if size != len(data):
            raise cut_there(self._peer, path, size, len(data))

    async def _remove(self, path: str) -> None:
        import asyncssh

        with suppress(asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
            await self._sftp.remove(path)

    async def _names(self, directory: str) -> list[str]:
        found: list[str] = []
        seen = 0
        async for entry in self._sftp.scandir(directory):
            name = entry.filename
            if isinstance(name, str) and _usable(name):
                found.append(name)
            seen += 1
            if seen == MOST_NAMES:
                break
        return sorted(found)

    async def _carry(self, work: Awaitable[T], path: str) -> T:
        import asyncssh

        lost = N_("the connection was lost")
        try:
            async with asyncio.timeout(CARRY_SECONDS):
                return await work
        except (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection):
            raise unreachable(self._peer, lost) from None
        except asyncssh.SFTPError as error:
            raise refused_there(self._peer, path, error.reason) from None
        except (OSError, asyncssh.Error):
            raise unreachable(self._peer, lost) from None

    def _not_plain(self, path: str) -> AnswerRefused:
        return AnswerRefused(
            "not-a-file",
            N_("{path} at {peer} is not a plain file.", path=inert(path), peer=self._peer.name),
            N_("Links and directories are not followed; put the file itself there."),
        )

    def _too_large(self, path: str, limit: int) -> AnswerRefused:
        return AnswerRefused(
            "too-large",
            N_("{path} at {peer} is larger than {limit} bytes.", path=inert(path), peer=self._peer.name, limit=limit),
            N_("Check over there what this file is; nothing was taken."),
        )


def _usable(name: str) -> bool:
    try:
        return one_component(name) == name
    except AnswerRefused:
        return False
