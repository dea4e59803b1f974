"""The console where many come at once, say nothing, or never go: who is let go, and who keeps nobody from a place."""

import asyncio
import socket
import ssl
from pathlib import Path

import pytest

from tanos.services import web_listener
from tanos.services.tanium_server import https, sessions
from tests.conftest import TS1
from tests.tanos.services.console_desk import Desk
from tests.tanos.services.segments import until


async def test_who_says_nothing_or_half_a_request_is_let_go(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_listener, "IDLE_SECONDS", 1.0)
    monkeypatch.setattr(web_listener, "SWEEP_SECONDS", 0.2)
    monkeypatch.setattr(https, "REQUEST_SECONDS", 1.5)
    context = ssl.create_default_context(cafile=desk.authority)
    head = b"POST /api/v2/session/login HTTP/1.1\r\nHost: ts1.lab.test\r\nContent-Length: 100\r\n\r\n{"

    async def come(said: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", desk.port, ssl=context, server_hostname=TS1.fqdn)
        writer.write(said)
        async with asyncio.timeout(60):
            try:
                return await reader.read()
            except ConnectionResetError:
                return b""
            finally:
                writer.close()

    silent, half, late = await asyncio.gather(*(come(said) for said in (b"", b"GET / HT", head)))
    assert (silent, half) == (b"", b"")
    assert late.startswith(b"HTTP/1.1 503")


async def test_who_is_let_go_and_never_says_good_bye_holds_no_connection_for_long(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_listener, "GOOD_BYE_SECONDS", 600.0)

    def rude() -> ssl.SSLSocket:
        context = ssl.create_default_context(cafile=str(desk.authority))
        made = context.wrap_socket(socket.create_connection(("127.0.0.1", desk.port)), server_hostname=TS1.fqdn)
        made.sendall(b"rubbish\r\n\r\n")
        return made

    def open_here() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    def still_counted() -> int:
        desk.console._listener._forget()
        return len(desk.console._listener._open)

    before = open_here()
    held = [await asyncio.to_thread(rude) for _ in range(3)]
    assert still_counted() == len(held), "until then they count"
    monkeypatch.setattr(web_listener, "GOOD_BYE_SECONDS", 0.1)
    held += [await asyncio.to_thread(rude) for _ in range(2)]
    await until(lambda: still_counted() == 3 and open_here() <= before + len(held) + 3, 25.0)
    for each in held:
        each.close()


async def test_too_many_connections_of_one_address_are_not_taken(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_listener, "MOST_OF_ONE", 2)
    held = [await asyncio.open_connection("127.0.0.1", desk.port) for _ in range(2)]
    extra, writer = await asyncio.open_connection("127.0.0.1", desk.port)
    async with asyncio.timeout(60):
        assert await extra.read() == b""
        for _, each in held:
            each.close()
            await each.wait_closed()
        while not await asyncio.to_thread(_is_let_in, desk):
            pass
    writer.close()


async def test_who_holds_every_place_keeps_this_machine_from_none(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_listener, "MOST", 2)
    held = [await asyncio.open_connection("127.0.0.1", desk.port, local_addr=("127.0.0.2", 0)) for _ in range(3)]
    async with asyncio.timeout(60):
        assert await held[2][0].read() == b""
        assert await asyncio.to_thread(_is_let_in, desk)
    for _, each in held:
        each.transport.abort()


def _is_let_in(desk: Desk) -> bool:
    context = ssl.create_default_context(cafile=desk.authority)
    try:
        with socket.create_connection(("127.0.0.1", desk.port)) as clear:
            context.wrap_socket(clear, server_hostname=TS1.fqdn).close()
    except OSError:
        return False
    return True


def test_sessions_end_and_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MOST", 5)
    monkeypatch.setattr(sessions, "MOST_OF_ONE", 3)
    kept = sessions.Sessions()
    first, *others = [kept.make("ann", "Administrator") for _ in range(4)]
    assert kept.find(first) is None
    assert all(kept.find(each) for each in others)
    more = [kept.make(f"user{number}", "Administrator") for number in range(4)]
    assert sum(kept.find(each) is not None for each in (*others, *more)) == 5
    monkeypatch.setattr(sessions, "IDLE_SECONDS", -1.0)
    assert kept.find(more[-1]) is None
