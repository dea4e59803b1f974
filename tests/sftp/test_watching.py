"""What the front door does again and again goes on, whatever one of its steps meets."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from pathlib import Path

import pytest

from sftp.control import Control
from sftp.house import House
from sftp.warm import WarmParent
from sftp.watching import keep_going, watch
from tanos.appliance import Appliance
from tanos.errors import NotYet
from tanos.message import N_


def raising(error: Exception, times: list[int]) -> Callable[[], Awaitable[None]]:
    """Return a step that counts how often it was begun, and fails each time."""

    async def step() -> None:
        times.append(len(times))
        raise error

    return step


async def until(reached: list[int], count: int, doing: Callable[[], Coroutine[None, None, None]]) -> None:
    """Do it until something was begun so often."""
    task = asyncio.create_task(doing())
    async with asyncio.timeout(60):
        while len(reached) < count:
            assert not task.done(), task
            await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def faults(home: Path) -> str:
    """Return the log of faults."""
    log = home / "log" / "faults.log"
    return log.read_text() if log.exists() else ""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a place for its log."""
    (tmp_path / "log").mkdir()
    return tmp_path


async def test_a_step_that_fails_starves_no_other_and_is_written_down_once(home: Path) -> None:
    failed, done = list[int](), list[int]()

    async def well() -> None:
        done.append(1)

    await until(done, 5, lambda: watch(home, "door", 0, raising(RuntimeError("odd"), failed), well))
    assert (len(failed), faults(home).count("odd")) == (1, 1)


@pytest.mark.parametrize("error", [NotYet("busy", N_("Busy."), N_("Wait.")), OSError(28, "full")])
async def test_what_cannot_be_done_now_is_no_fault_and_done_at_the_next_look(home: Path, error: Exception) -> None:
    failed = list[int]()
    await until(failed, 5, lambda: watch(home, "door", 0, raising(error, failed)))
    assert faults(home) == ""


async def test_work_that_a_fault_ended_is_begun_again(home: Path) -> None:
    begun = list[int]()
    await until(begun, 3, lambda: keep_going(home, "console", raising(RuntimeError("odd"), begun), 0))
    assert faults(home).count("console\n") >= 2


async def test_consoles_are_taken_again_after_a_fault(
    bare_zone_server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = list[int]()
    monkeypatch.setattr("sftp.control._AFTER_A_FAULT", 0.0)
    control = Control(House(bare_zone_server, None, None, None))  # type: ignore[arg-type]  # of no use here
    monkeypatch.setattr(control, "_accept", lambda _: raising(RuntimeError("odd"), begun)())
    await until(begun, 3, control.watch)
    assert faults(bare_zone_server.home).count(" console\n") >= 2


async def test_the_warm_parent_is_kept_after_a_fault(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = list[int]()
    monkeypatch.setattr("sftp.warm._LONGEST_PAUSE", 0.0)
    warm = WarmParent(home)
    monkeypatch.setattr(warm, "_begin", lambda _: raising(RuntimeError("odd"), begun)())
    await until(begun, 3, warm.start)
    await warm.close()
    assert faults(home).count(" warm parent\n") >= 2
