"""The warm parent outlives whatever goes wrong with one session, and the door outlives the warm parent."""

import asyncio
import os
import resource
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sftp import parent as parent_module
from sftp import warm as warm_module
from sftp.letters import LONGEST, write_letter
from sftp.session import Session
from sftp.warm import WarmParent
from tanos import system
from tests.sftp.door.conftest import ROOT
from tests.sftp.door.processes import is_alive, soon

pytestmark = pytest.mark.door


@asynccontextmanager
async def a_warm_parent(home: Path, **environment: str) -> AsyncIterator[WarmParent]:
    """Run one with the test handlers for as long as the block lasts."""
    warm = WarmParent(home, "tests.sftp.door.guests", {"PYTHONPATH": str(ROOT), **environment})
    await warm.start()
    try:
        yield warm
    finally:
        await warm.close()


async def status_of(warm: WarmParent, words: str) -> int | None:
    """Run a verb on three pipes that nobody reads; return its status."""
    session = Session("verb", "/nowhere", "tanadmin", "tanadmin", words=words)
    pipes = [os.pipe() for _ in range(3)]
    try:
        running = await warm.open(session, [end for pair in pipes for end in pair][:3])
        return await asyncio.wait_for(running.ended, 60)
    finally:
        for end in (end for pair in pipes for end in pair):
            os.close(end)


@pytest.fixture(autouse=True)
def _code_that_nobody_edits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm_module, "code_stamp", frozenset)


async def test_a_session_that_could_not_be_forked_is_lost_alone(tmp_path: Path) -> None:
    async with a_warm_parent(tmp_path, FAILING_FORKS="1") as warm:
        pid = warm.pid

        assert await status_of(warm, "exit 5") is None
        assert await status_of(warm, "exit 5") == 5
        assert warm.pid == pid


async def test_a_parent_without_descriptors_loses_that_session_alone(tmp_path: Path) -> None:
    async with a_warm_parent(tmp_path) as warm:
        pid = warm.pid
        usual = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        in_use = {int(path.name) for path in Path(f"/proc/{pid}/fd").iterdir()}
        outcomes = []
        for most in range(3, max(in_use) + 9):
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (most, usual[1]))
            outcomes.append(await status_of(warm, "exit 5"))
        resource.prlimit(pid, resource.RLIMIT_NOFILE, usual)

        assert outcomes[0] is None
        assert set(outcomes) == {None, 5}
        assert await status_of(warm, "exit 5") == 5
        assert warm.pid == pid
        assert {int(path.name) for path in Path(f"/proc/{pid}/fd").iterdir()} == in_use


@pytest.mark.parametrize(
    "letter", [b"{", b"[]", b'{"ask": "open", "id": 7}', b'{"ask": "open", "id": 8, "session": {}}']
)
async def test_a_letter_that_says_nothing_is_passed_over(tmp_path: Path, letter: bytes) -> None:
    async with a_warm_parent(tmp_path) as warm:
        pid = warm.pid

        assert warm._current
        warm._current._post(letter, [os.open("/dev/null", os.O_RDONLY)])

        assert await status_of(warm, "exit 5") == 5
        assert warm.pid == pid


async def test_a_parent_that_cannot_be_started_again_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_warm_parent(tmp_path) as warm:
        real, failures = system.start_python, []

        async def failing(*words: str, **options: object) -> object:
            failures.append(words)
            if len(failures) < 3:
                raise BlockingIOError(11, "Resource temporarily unavailable")
            return await real(*words, **options)  # type: ignore[arg-type]  # passed on as they came

        monkeypatch.setattr(parent_module, "start_python", failing)
        monkeypatch.setattr(warm_module, "_PAUSE_BETWEEN_STARTS", 0.02)
        first = warm.pid
        os.kill(first, 9)
        assert await asyncio.to_thread(soon, lambda: warm.pid != first)

        assert await status_of(warm, "exit 5") == 5
        assert len(failures) == 3
        assert warm.pid not in (0, first)


@pytest.mark.parametrize("killed_parent", [False, True])
async def test_confirmed_work_does_not_go_on_for_ever(tmp_path: Path, killed_parent: bool) -> None:
    (tmp_path / "run").mkdir()
    out, into = os.pipe()
    session = Session("verb", str(tmp_path), "tanadmin", "tanadmin", words="errand 60")
    async with a_warm_parent(tmp_path, WORK_SECONDS="3") as warm:
        running = await warm.open(session, [into, into, into])
        pid = int((await asyncio.to_thread(os.read, out, 100)).split()[1])

        began = time.monotonic()
        if killed_parent:
            os.kill(warm.pid, 9)
        else:
            running.kill()

        assert await asyncio.to_thread(soon, lambda: not is_alive(pid))
        assert time.monotonic() - began > 2.4
    os.close(out)
    os.close(into)


async def test_a_letter_that_is_too_long_is_refused_and_leaves_nothing_behind(tmp_path: Path) -> None:
    async with a_warm_parent(tmp_path) as warm:
        before = len(list(Path("/proc/self/fd").iterdir()))

        with pytest.raises(ValueError, match="too long"):
            await status_of(warm, "x" * LONGEST)

        assert warm._current
        assert not warm._current._running
        assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_the_longest_command_fits_into_a_letter_whatever_it_is_made_of() -> None:
    from sftp.asked import LONGEST_COMMAND

    for char in ("\x01", "é", "字", "😀"):
        words = char * (LONGEST_COMMAND // len(char.encode()))
        assert write_letter(
            {"session": {"words": words, "environment": {f"LC_{n:024}": "x" * 64 for n in range(32)}}}
        )
