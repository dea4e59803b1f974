"""Where operations ask the supervisor: a socket of this account alone, one question a connection.

Invariant: who asks is a process of the same account, by the socket's mode and the system's word; whether its user may
ask was decided by the gate, which also audits it.
"""

import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any

from tanos.appliance import Appliance
from tanos.errors import NotYet, TanosError
from tanos.message import N_
from tanos.services.frames import BadFrame, Frame, frame_bytes, read_frame

SOCKET = "services.sock"
ANSWER_SECONDS = 60.0
_PEER = struct.Struct("3i")


class Control:
    """The supervisor's end."""

    def __init__(self, appliance: Appliance, answer: Callable[[str, Frame], Awaitable[Frame]]) -> None:
        self._path = appliance.run / SOCKET
        self._answer = answer

    async def watch(self) -> None:
        """Answer until cancelled."""
        with contextlib.suppress(OSError):
            self._path.unlink()
        server = await asyncio.start_unix_server(self._attend, self._path)
        self._path.chmod(0o600)
        try:
            await server.serve_forever()
        finally:
            server.close()
            with contextlib.suppress(OSError):
                self._path.unlink()

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if _account(writer.get_extra_info("socket")) != os.geteuid():
                return
            asked = await read_frame(reader)
            if asked is not None:
                writer.write(frame_bytes(await self._answered(asked)))
                await writer.drain()
        except (BadFrame, OSError, ValueError):
            pass
        finally:
            writer.close()

    async def _answered(self, asked: Frame) -> Frame:
        try:
            return await self._answer(str(asked["do"]), asked)
        except TanosError as error:
            return {"refused": error.id}
        except (KeyError, TypeError, ConnectionError) as error:
            return {"refused": type(error).__name__}


async def ask_supervisor(appliance: Appliance, do: str, **words: Any) -> Frame:
    """Ask the supervisor of an appliance; return its answer. Raises NotYet `not-served` where none runs."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_unix_connection(appliance.run / SOCKET)
            try:
                writer.write(frame_bytes({"do": do, **words}))
                answer = await read_frame(reader)
            finally:
                writer.close()
    except (OSError, BadFrame) as error:
        raise _not_served() from error
    if answer is None:
        raise _not_served()
    return answer


def _account(connection: socket.socket) -> int:
    _, account, _ = _PEER.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    return int(account)


def _not_served() -> NotYet:
    return NotYet(
        "not-served",
        N_("Nobody runs the services of this appliance."),
        N_("Start it (`tanos serve`), then try again."),
    )
