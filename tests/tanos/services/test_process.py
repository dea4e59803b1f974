"""A service runs once it is seen to, and only as long; stopped in whatever moment of its start, it does not."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tanos.services.catalogue import PLATFORM, ZONE_SERVER, ZONE_SERVER_HUB
from tanos.services.orders import Orders
from tanos.services.served import Served
from tanos.supervising import process
from tanos.supervising.process import Supervised
from tanos.supervising.template import Template


class Forked:
    """A process that ends when it is told to."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()

    def send(self, _: int) -> None:
        self.ended.set()

    async def wait(self) -> None:
        await self.ended.wait()


class Forking:
    """Instead of a template."""

    def __init__(self) -> None:
        self.forked: list[Forked] = []

    def fork(self, line: socket.socket, log: int) -> Forked:
        self.forked.append(Forked())
        return self.forked[-1]


class SlowLine:
    """It takes a few turns to open, as a real one does."""

    @classmethod
    async def over(cls, end: socket.socket, answer: Any) -> "SlowLine":
        for _ in range(3):
            await asyncio.sleep(0)
        end.close()
        return cls()

    async def ask(self, what: str, **told: Any) -> dict[str, Any]:
        return {"ports": told.get("ports", {})}

    async def run(self) -> None:
        await asyncio.sleep(0)

    def close(self) -> None:
        pass


@pytest.mark.parametrize("turns", range(1, 12))
async def test_a_stop_in_the_middle_of_a_start_is_a_stop(
    turns: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "log").mkdir()
    monkeypatch.setattr(process, "Line", SlowLine)
    orders, forking = SimpleNamespace(near="127.0.0.1", as_frame=dict), Forking()
    service = Supervised(
        ZONE_SERVER_HUB, tmp_path, cast(Template, forking), lambda _: cast(Any, orders), cast(Any, None)
    )
    keeping = asyncio.create_task(service.keep())
    await asyncio.sleep(0)
    starting = asyncio.create_task(service.start())
    for _ in range(turns):
        await asyncio.sleep(0)
    async with asyncio.timeout(60):
        await service.stop()
        await starting
    for _ in range(20):
        await asyncio.sleep(0)
    assert not service.is_running
    assert all(each.ended.is_set() for each in forking.forked)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


async def test_who_starts_it_by_hand_waits_for_no_pause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "Line", SlowLine)
    monkeypatch.setattr(process, "SHORTEST_PAUSE", 3600.0)
    async with listening(reset) as port, kept(tmp_path, port, {"reporting": "PEM"}) as (service, forking):
        async with asyncio.timeout(60):
            await service.start()
            await asyncio.sleep(0.05)
            await service.start()
        assert len(forking.forked) == 2 and service.problem == "start-failed"


@asynccontextmanager
async def kept(home: Path, port: int, pairs: dict[str, str]) -> AsyncIterator[tuple[Supervised, Forking]]:
    (home / "log").mkdir()
    (home / "run").mkdir()
    orders = Orders("", "zs1", "zs1", "7.3", "127.0.0.1", {PLATFORM: port}, pairs)
    forking = Forking()
    service = Supervised(ZONE_SERVER, home, cast(Template, forking), lambda _: orders, cast(Any, None))
    keeping = asyncio.create_task(service.keep())
    try:
        yield service, forking
    finally:
        await service.stop()
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


@asynccontextmanager
async def listening(greet: Callable[[asyncio.StreamWriter], None]) -> AsyncIterator[int]:
    """Something that listens and knows no TLS."""
    server = await asyncio.start_server(lambda _, writer: greet(writer), "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def plain(writer: asyncio.StreamWriter) -> None:
    writer.write(b"no TLS here\n")
    writer.close()


def reset(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


@pytest.mark.parametrize("greet", [plain, reset])
async def test_a_listener_that_has_a_pair_and_shakes_no_hands_was_not_seen_to_run(
    greet: Callable[[asyncio.StreamWriter], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "Line", SlowLine)
    async with listening(greet) as port, kept(tmp_path, port, {"reporting": "PEM"}) as (service, _):
        async with asyncio.timeout(60):
            await service.start()
        assert (service.is_running, service.problem) == (False, "start-failed")


async def test_a_listener_without_a_pair_runs_without_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "Line", SlowLine)
    async with listening(plain) as port, kept(tmp_path, port, {}) as (service, _):
        await service.start()
        assert service.is_running and not service.served


SEEN = Served("", "", "", "TLSv1.2", "")


@pytest.mark.parametrize("then", [None, ValueError("no certificate"), AttributeError("getpeercert")])
async def test_who_shakes_hands_no_more_is_killed_whatever_is_seen_instead(
    then: Exception | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sees: list[Served | Exception | None] = [SEEN, SEEN, then]

    async def look(address: str, port: int) -> Served | None:
        seen = sees.pop(0) if len(sees) > 1 else sees[0]
        if isinstance(seen, Exception):
            raise seen
        return seen

    monkeypatch.setattr(process, "Line", SlowLine)
    monkeypatch.setattr(process, "look", look)
    monkeypatch.setattr(process, "LOOK_EVERY_SECONDS", 0.01)
    async with kept(tmp_path, 1, {"reporting": "PEM"}) as (service, forking):
        await service.start()
        assert service.is_running
        async with asyncio.timeout(60):
            await forking.forked[0].ended.wait()
