"""The socket where operations ask the supervisor: at any home, and each answer to its own question."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tanos.appliance import Appliance
from tanos.errors import NotYet
from tanos.services import control
from tanos.services.control import Control, ask_supervisor, conversation
from tanos.services.frames import Frame
from tanos.services.glance import services_at_a_glance
from tanos.supervising.supervisor import Supervisor
from tests.conftest import TS1, bare_appliance
from tests.tanos.services.segments import until


@asynccontextmanager
async def answering(appliance: Appliance, answer: Callable[[str, Frame], Awaitable[Frame]]) -> AsyncIterator[None]:
    watching = asyncio.create_task(Control(appliance, answer).watch())
    await until(lambda: watching.done() or (appliance.run / control.SOCKET).exists())
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def echo(do: str, _: Frame) -> Frame:
    return {"did": do, "services": []}


@pytest.mark.parametrize("longer", [0, 60, 200])
async def test_a_home_of_whatever_length_has_a_socket_and_leaves_none(
    tmp_path: Path, longer: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tanos.services.glance.SECONDS", 60.0)
    home = tmp_path / ("h" * longer) / "ts1"
    home.parent.mkdir(exist_ok=True)
    appliance = bare_appliance(home, TS1)
    async with answering(appliance, echo):
        assert (await ask_supervisor(appliance, "list"))["did"] == "list"
        assert "Nobody" not in str(await asyncio.to_thread(services_at_a_glance, appliance))
    assert not (appliance.run / control.SOCKET).exists()


async def test_an_answer_that_comes_late_is_taken_for_no_other(
    bare_tanium_server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow_at_first(do: str, words: Frame) -> Frame:
        await asyncio.sleep(0.3 if do == "first" else 0)
        return await echo(do, words)

    monkeypatch.setattr(control, "ANSWER_SECONDS", 0.1)
    async with answering(bare_tanium_server, slow_at_first), conversation(bare_tanium_server) as ask:
        with pytest.raises(NotYet) as late:
            await ask("first")
        assert (late.value.id, "in time" in str(late.value.message)) == ("not-served", True)
        await asyncio.sleep(0.3)
        with pytest.raises(NotYet):
            await ask("second")


async def test_a_supervisor_that_nobody_can_ask_any_longer_ends_so_that_another_begins(
    bare_tanium_server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(_: Control) -> None:
        raise OSError("no room for a socket")

    monkeypatch.setattr(Control, "watch", fails)
    supervisor, stopped = Supervisor(bare_tanium_server, "127.0.0.1"), asyncio.Event()
    async with asyncio.timeout(60):
        await supervisor.run(stopped)
    assert "no room for a socket" in "".join(
        each.read_text() for each in (bare_tanium_server.home / "log").iterdir() if each.is_file()
    )
