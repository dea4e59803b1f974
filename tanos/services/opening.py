"""Opening a connection over a socket: whoever gives up meanwhile, nothing of it stays open.

asyncio (3.11) has no way back for an opening that is cancelled in the moment in which it ends: what was opened then
lives on unseen, until the other end goes. Invariant: what opens is never cancelled. Its socket is shut down instead,
by which it ends whatever it was about to do, and who gave up waits for that.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Coroutine
from typing import Any

from tanos.services.letting_go import let_go

Opening = Coroutine[Any, Any, tuple[asyncio.Transport, asyncio.BaseProtocol]]
"""What a loop's `create_connection` and `connect_accepted_socket` return."""


async def opened(over: socket.socket, opening: Opening) -> asyncio.Transport:
    """Return what is opened over that socket. Raises what `opening` does."""
    task = asyncio.ensure_future(opening)
    try:
        transport, _ = await asyncio.shield(task)
    except asyncio.CancelledError:
        task.add_done_callback(_give_up)
        with contextlib.suppress(OSError):
            over.shutdown(socket.SHUT_RDWR)
        await asyncio.wait([task])
        raise
    return transport


async def streams(
    over: socket.socket, opening: Callable[[Callable[[], asyncio.Protocol]], Opening]
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Return the streams of what is opened so, `opening` being given what makes its protocol. Raises what it does."""
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    transport = await opened(over, opening(lambda: protocol))
    return reader, asyncio.StreamWriter(transport, protocol, reader, asyncio.get_running_loop())


def _give_up(task: "asyncio.Task[tuple[asyncio.Transport, asyncio.BaseProtocol]]") -> None:
    if not task.cancelled() and task.exception() is None:
        let_go(task.result()[0])
