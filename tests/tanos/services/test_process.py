"""A service that is stopped in whatever moment of its start: it does not run, and who stopped it is told so."""

import asyncio
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tanos.services import process
from tanos.services.catalogue import ZONE_SERVER_HUB
from tanos.services.process import Supervised
from tanos.services.template import Template


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

    async def ask(self, what: str, **_: Any) -> dict[str, Any]:
        return {"ports": {}}

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
    async with asyncio.timeout(2):
        await service.stop()
        await starting
    for _ in range(20):
        await asyncio.sleep(0)
    assert not service.is_running
    assert all(each.ended.is_set() for each in forking.forked)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
