"""Spare children wait painted; whatever kills one, at any moment, whoever signs in gets his menu."""

import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from sftp.spares import FEWEST, MOST, Kind, Spares, fitting
from sftp.terminal import RESTORE
from tests.bench.signing_in import SIZES, Client
from tests.sftp.door.conftest import OpenDoor, a_door, make_home
from tests.sftp.door.processes import children, is_alive, soon, spares

pytestmark = pytest.mark.door

MENU = (b"Log out", b"Select:")


@pytest.fixture(scope="module")
def menus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenDoor]:
    """A door with the real menus behind it."""
    directory = tmp_path_factory.mktemp("menus")
    with a_door(directory, make_home(directory), warm_module="menus.warm") as opened:
        yield opened


def ready(door: OpenDoor, *, still: float = 0.0) -> set[int]:
    """Wait until spares wait: those that have come to rest, and none of which ran for so many seconds."""

    def rest() -> bool:
        if len(waiting := spares(door.warm_pid)) < FEWEST or not all(map(_sleeps, waiting)):
            return False
        before = _ran(waiting)
        time.sleep(still)
        return _ran(spares(door.warm_pid)) == before

    assert soon(rest)
    return spares(door.warm_pid)


def test_who_signs_in_gets_a_spare_and_another_is_made(menus: OpenDoor) -> None:
    waiting = ready(menus)
    with Client(menus.config, "box") as client:
        client.sees(*MENU)
        assert children(menus.warm_pid) <= waiting
        assert len(children(menus.warm_pid)) == 1
        assert soon(lambda: len(spares(menus.warm_pid)) >= len(waiting))
    assert soon(lambda: not children(menus.warm_pid))


def test_who_comes_for_a_word_has_one_spare_stirred_which_waits_on_for_the_next(menus: OpenDoor) -> None:
    waiting = ready(menus, still=0.5)
    before = _ran(waiting)
    with Client(menus.config, "box", command=("status",)) as client:
        client.sees(b"zs1.lab.test")
    after = _ran(ready(menus, still=0.5) & waiting)
    assert len([spare for spare in after if after[spare] > before[spare]]) == 1
    with Client(menus.config, "box") as client:
        client.sees(*MENU)
        assert children(menus.warm_pid) <= waiting


def test_a_spare_holds_the_database_of_the_appliance_alone_and_nothing_of_others(menus: OpenDoor) -> None:
    for spare in ready(menus):
        held = [str(path.readlink()) for path in Path(f"/proc/{spare}/fd").iterdir()]
        others = [name for name in held if not name.startswith(str(menus.appliance.home / "appliance.db"))]
        assert not [name for name in others if str(menus.appliance.home) in name or "ptmx" in name or "pts" in name]
        assert len(others) <= 7, held


def test_waiting_takes_no_time(menus: OpenDoor) -> None:
    waiting = ready(menus, still=2.0)
    assert waiting == spares(menus.warm_pid)


@pytest.mark.parametrize("size", SIZES)
def test_the_first_page_comes_in_one_piece_and_nothing_is_painted_twice(
    menus: OpenDoor, size: tuple[int, int]
) -> None:
    ready(menus)
    with Client(menus.config, "box", size) as client:
        client.sees(*MENU)
        client.settles(0.5)
    first = bytes(client.seen)
    assert [first.count(once) for once in (b"\x1b[?1049h", b"\x1b[?25l", b"Log out")] == [1, 1, 1]
    assert len(first) < 4096
    assert f"\x1b[{size[1]};1H".encode() in first


@pytest.mark.parametrize(
    ("environment", "absent", "present"),
    [
        ({"TERM": "vt100"}, rb"[\x80-\xff]", b"release 7.3"),
        ({"TERM": "linux"}, rb"[\x80-\xff]", b"release 7.3"),
        ({"TERM": "xterm", "LANG": "C"}, rb"[\x80-\xff]", b"release 7.3"),
        ({"TERM": "xterm", "LANG": "de_DE.UTF-8"}, rb"\\u25", b"release 7.3"),
        ({"TERM": "xterm", "NO_COLOR": "1"}, rb"\x1b\[(?:\d+;)*[34]\d(?:;\d+)*m", b"Select:"),
        ({"TERM": "dumb"}, rb"\x1b\[\d", b"Select"),
    ],
)
def test_the_look_and_the_language_come_with_the_session(
    menus: OpenDoor, environment: dict[str, str], absent: bytes, present: bytes
) -> None:
    ready(menus)
    with Client(menus.config, "box", environment=environment) as client:
        client.sees(present)
        client.settles(0.3)
    assert not re.search(absent, bytes(client.seen)), bytes(client.seen)


def test_keys_sent_with_the_sign_in_arrive_at_the_menu(menus: OpenDoor) -> None:
    ready(menus)
    with Client(menus.config, "box") as client:
        os.write(client.terminal, b"4\r1\r")
        client.sees(b"No exchange has begun.")  # of pages shown in one go only the last is painted


def test_a_terminal_that_changes_while_the_first_page_is_painted_is_painted_at_its_size(menus: OpenDoor) -> None:
    for pause in (0.0, 0.01, 0.02, 0.03, 0.05):
        ready(menus)
        with Client(menus.config, "box") as client:
            time.sleep(pause)
            client.resize(100, 30)
            client.sees(b"\x1b[30;1H", b"Select:")


@pytest.mark.crash
def test_a_spare_killed_waiting_is_replaced_and_missed_by_nobody(menus: OpenDoor) -> None:
    _kill(ready(menus))
    with Client(menus.config, "box") as client:
        client.sees(*MENU)
    ready(menus)


@pytest.mark.crash
def test_a_spare_that_does_not_answer_costs_a_second_and_no_session(menus: OpenDoor) -> None:
    stopped = ready(menus)
    _kill(stopped, signal.SIGSTOP)
    with Client(menus.config, "box") as client:
        client.sees(*MENU)
    assert soon(lambda: len([spare for spare in stopped if not is_alive(spare)]) == 1)
    _kill(stopped)
    ready(menus)


@pytest.mark.crash
@pytest.mark.parametrize("moment", [0.0, 0.015, 0.02, 0.025, 0.03, 0.04, 0.06])
def test_killed_at_any_moment_of_the_hand_over_there_is_a_menu_or_a_restored_terminal(
    menus: OpenDoor, moment: float
) -> None:
    waiting = ready(menus)
    with Client(menus.config, "box") as client:
        time.sleep(moment)
        _kill(waiting)
        assert soon(lambda: _is_over(client))
    assert soon(lambda: not children(menus.warm_pid))


@pytest.mark.crash
def test_a_killed_session_leaves_a_restored_terminal(menus: OpenDoor) -> None:
    ready(menus)
    with Client(menus.config, "box") as client:
        client.sees(*MENU)
        (session,) = children(menus.warm_pid)
        os.kill(session, signal.SIGKILL)
        client.sees(RESTORE)


@pytest.mark.crash
def test_spares_die_with_their_parent(tmp_path: Path) -> None:
    with a_door(tmp_path, make_home(tmp_path), warm_module="menus.warm") as door:
        waiting = ready(door)
        os.kill(door.warm_pid, signal.SIGKILL)
        assert soon(lambda: not any(map(is_alive, waiting)))


@pytest.mark.crash
def test_a_client_that_vanishes_while_it_is_served_leaves_nothing(menus: OpenDoor) -> None:
    for pause in (0.0, 0.01, 0.02, 0.03, 0.05):
        ready(menus)
        with Client(menus.config, "box"):
            time.sleep(pause)
        assert soon(lambda: not children(menus.warm_pid))


def test_who_only_offers_a_key_puts_off_no_spare() -> None:
    waiting = Spares(Kind(lambda _: True, lambda _: 0), most=2)
    due = waiting.due
    waiting.stir()
    assert waiting.due == due


def test_the_number_of_spares_follows_the_free_memory(tmp_path: Path) -> None:
    memory = tmp_path / "meminfo"
    for free, wanted in ((200_000, FEWEST), (800_000, 3), (8_000_000, MOST)):
        memory.write_text(f"MemTotal: 9999999 kB\nMemAvailable:   {free} kB\n")
        assert fitting(memory) == wanted
    assert fitting(tmp_path / "missing") == FEWEST


def _is_over(client: Client) -> bool:
    client.reads_within(0.02)
    seen = bytes(client.seen)
    return all(word in seen for word in MENU) or RESTORE in seen


def _sleeps(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"
    except OSError:
        return False


def _ran(processes: set[int]) -> dict[int, int]:
    """Return the nanoseconds that each has run, of those that are there."""
    found = {}
    for pid in processes:
        with suppress(OSError):
            found[pid] = int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
    return found


def _kill(processes: set[int], number: signal.Signals = signal.SIGKILL) -> None:
    for pid in processes:
        with suppress(ProcessLookupError):  # it may have been one too many
            os.kill(pid, number)
