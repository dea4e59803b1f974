"""Whoever gives up while hands are shaken, at whatever turn of the loop, leaves nothing open."""

import asyncio
import contextlib
import gc
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from tanos.services.connecting import Target, connect_tls
from tanos.services.listener import Connection, Listener
from tanos.services.served import look
from tanos.services.tls import platform_server, unverified_client
from tanos.services.web_listener import WebListener
from tests.tanos.services.authority import authority

TURNS = range(14)
LOOPBACK = "127.0.0.1"
Open = Callable[[int], Awaitable[Any]]


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """Who takes connections, and says nothing."""
    with socket.create_server((LOOPBACK, 0)) as there:
        there.setblocking(False)
        yield there


async def turn(times: int) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


async def ends(there: socket.socket) -> None:
    """See that the other end is closed, soon."""
    async with asyncio.timeout(60):
        with contextlib.suppress(ConnectionResetError):
            while await asyncio.get_running_loop().sock_recv(there, 4096):
                pass


OPENERS: list[Open] = [
    lambda port: connect_tls(Target("ts1.lab.test", LOOPBACK, port), unverified_client()),
    lambda port: look(LOOPBACK, port),
]


@pytest.mark.parametrize("open_one", OPENERS, ids=["connect_tls", "look"])
async def test_who_gives_up_going_somewhere_leaves_nothing_open(silent: socket.socket, open_one: Open) -> None:
    for turns in TURNS:
        task = asyncio.ensure_future(open_one(silent.getsockname()[1]))
        await turn(turns)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        with contextlib.suppress(BlockingIOError):
            came, _ = silent.accept()
            with came:
                came.setblocking(False)
                await ends(came)
        gc.collect()


@pytest.mark.filterwarnings("always::ResourceWarning")
def test_who_gives_up_while_the_other_end_does_leaves_nothing_open(recwarn: pytest.WarningsRecorder) -> None:
    made = authority()
    context = platform_server(made.pair("ts1.lab.test"), made.pem)

    async def both_end(turns: int) -> None:
        listener = Listener(context, _serve)
        listener.open(LOOPBACK, 0)
        task = asyncio.ensure_future(OPENERS[0](listener.port))
        await turn(turns)
        task.cancel()
        await listener.close()
        await asyncio.wait([task])
        if not task.cancelled():
            await task.result().close()

    gc.collect()
    recwarn.clear()  # of whatever was left by others
    for turns in range(24):
        asyncio.run(both_end(turns))
        gc.collect()
    assert not [str(each.message) for each in recwarn]


def hello() -> bytes:
    """Return what begins a handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    theirs = ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), theirs).do_handshake()
    return theirs.read()


@pytest.mark.parametrize("is_web", [False, True])
async def test_a_listener_that_ends_while_hands_are_shaken_leaves_nothing_open(is_web: bool) -> None:
    made, begun = authority(), hello()
    context = platform_server(made.pair("ts1.lab.test"), made.pem)
    for turns in TURNS:
        listener = WebListener(context, asyncio.Protocol) if is_web else Listener(context, _serve)
        listener.open(LOOPBACK, 0)
        await turn(turns % 4)
        with socket.create_connection((LOOPBACK, listener.port)) as there:
            there.setblocking(False)
            there.send(begun)
            await turn(turns)
            await listener.close()
            await ends(there)
        gc.collect()


async def _serve(connection: Connection) -> None:
    await connection.read()
