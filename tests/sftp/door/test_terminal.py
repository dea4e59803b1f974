"""The terminal of a session is as large as its client says, within what a session can afford."""

import asyncio
from pathlib import Path

import asyncssh
import pytest

from sftp.terminal import DEFAULT_SIZE, within_bounds
from tests.sftp.door.conftest import OpenDoor, a_door, make_home
from tests.sftp.door.processes import children

pytestmark = pytest.mark.door

HUGE = (9999, 9999)
AFFORDABLE = 160 * 1024
"""Resident kilobytes of a session that paints the largest terminal; 9999 by 9999 took 380 MB."""


def _connecting(door: OpenDoor) -> "asyncssh.misc._ACMWrapper[asyncssh.SSHClientConnection]":
    return asyncssh.connect(
        "127.0.0.1",
        door.port,
        username="tanadmin",
        client_keys=[str(door.directory / "id")],
        known_hosts=str(door.directory / "known_hosts"),
        config=None,
    )


@pytest.mark.parametrize(
    ("asked", "given"),
    [((80, 24), "(80, 24)"), (HUGE, "(1000, 500)"), ((1, 1), "(20, 5)"), ((0, 0), "(80, 24)")],
)
async def test_a_terminal_that_is_asked_for_stays_within_bounds(
    door: OpenDoor, asked: tuple[int, int], given: str
) -> None:
    async with (
        _connecting(door) as connection,
        connection.create_process(term_type="xterm", term_size=asked) as process,
    ):
        assert given in await asyncio.wait_for(process.stdout.readline(), 60)


@pytest.mark.parametrize(("asked", "given"), [(HUGE, "SIZE 1000 500"), ((3, 0xFFFFFFFF), "SIZE 20 500")])
async def test_a_terminal_that_is_changed_stays_within_bounds(
    door: OpenDoor, asked: tuple[int, int], given: str
) -> None:
    async with (
        _connecting(door) as connection,
        connection.create_process(term_type="xterm", term_size=(100, 30)) as process,
    ):
        await asyncio.wait_for(process.stdout.readline(), 60)
        process.change_terminal_size(*asked)
        seen = ""
        async with asyncio.timeout(60):
            while given not in seen:
                process.stdin.write("size\n")
                seen = await process.stdout.readline()


async def test_the_largest_terminal_costs_a_session_what_it_can_afford(tmp_path: Path) -> None:
    with a_door(tmp_path, make_home(tmp_path), warm_module="menus.warm") as door:
        async with (
            _connecting(door) as connection,
            connection.create_process(term_type="xterm", term_size=HUGE) as process,
        ):
            seen = ""
            async with asyncio.timeout(60):
                while "Select:" not in seen:
                    seen += await process.stdout.read(65536)
            (session,) = await asyncio.to_thread(children, door.warm_pid)
            status = Path(f"/proc/{session}/status").read_text()
            peak = int(status.partition("VmHWM:")[2].split()[0])

    assert peak < AFFORDABLE, f"{peak} kB"


def test_pixels_of_a_size_that_was_changed_are_left_out() -> None:
    assert within_bounds((100, 40, 800, 600)) == (100, 40, 800, 600)
    assert within_bounds((2000, 40, 9000, 600)) == (1000, 40, 0, 0)
    assert within_bounds((-1, 40, 1, 1)) == DEFAULT_SIZE
