"""Many sign-ins: at once, where spares are long used up, and one by one, where nothing may be left behind."""

from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.bench.signing_in import Client
from tests.sftp.door.conftest import OpenDoor, a_door, make_home
from tests.sftp.door.processes import children, soon, spares

pytestmark = pytest.mark.door

MENU = (b"Log out", b"Select:")
MAY_GROW = 1.0
"""Megabytes, and no descriptor."""


def test_a_hundred_at_once_are_all_served_and_leave_nothing(tmp_path: Path) -> None:
    with a_door(tmp_path, make_home(tmp_path), warm_module="menus.warm") as door:
        assert soon(lambda: len(spares(door.warm_pid)) >= 2)
        before = _kept(door)
        with ExitStack() as stack:
            crowd = [stack.enter_context(Client(door.config, "box")) for _ in range(100)]
            for client in crowd:
                client.sees(*MENU)
        _is_as(door, before)


@pytest.mark.soak
def test_a_thousand_one_after_the_other_leave_nothing(tmp_path: Path) -> None:
    with a_door(tmp_path, make_home(tmp_path), warm_module="menus.warm") as door:
        _sign_in(door, 20)
        before = _kept(door)
        _sign_in(door, 1000)
        _is_as(door, before)


def _sign_in(door: OpenDoor, times: int) -> None:
    for _ in range(times):
        with Client(door.config, "box") as client:
            client.sees(*MENU)


def _kept(door: OpenDoor) -> tuple[set[str], float]:
    """Return what the warm parent holds at rest: its descriptors (spares' left out) and megabytes of its own."""
    assert soon(lambda: not children(door.warm_pid) and len(spares(door.warm_pid)) >= 2)
    rollup = Path(f"/proc/{door.warm_pid}/smaps_rollup").read_text()
    held = _links(door.warm_pid)
    own = sum(int(rollup.partition(f"\n{name}:")[2].split()[0]) for name in ("Private_Dirty", "Shared_Dirty"))
    return {name for name in held if not name.startswith(("socket:", "anon_inode:"))}, own / 1024


def _links(process: int) -> list[str]:
    found = []
    for path in Path(f"/proc/{process}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since it was listed
            found.append(str(path.readlink()))
    return found


def _is_as(door: OpenDoor, before: tuple[set[str], float]) -> None:
    after = _kept(door)
    assert after[0] == before[0]
    assert after[1] < before[1] + MAY_GROW, f"{before[1]:.1f} to {after[1]:.1f} MB"
    assert len(_links(door.warm_pid)) < 30
