"""Many hosts at once: each in its row, whatever it does; a real one by a real ssh, and hosts that misbehave."""

import json
import os
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sftp.board import board
from sftp.board.asking import NO_STATUS, UNREACHABLE
from sftp.board.board import read_board
from sftp.board.row import Row
from tests.sftp.door.conftest import OpenDoor, a_door, make_home

ANSWER = json.dumps({"schema": 1, "name": "zs1", "role": "zone-server", "release": "7.3", "certificates": []})
SSH = """#!/bin/sh
echo "$*" >> {log}
while [ "$1" != -- ]; do [ "$1" = -G ] && asked=1; shift; done
shift
[ "$asked" ] && case $1 in *-files) echo user tancopy;; *) echo user tanadmin;; esac && exit
case $1 in
ok*) echo '{answer}';;
slow) sleep 120;;
child) sleep 120 & wait;;
away) echo 'ssh: connect to host away port 22: Connection refused' >&2; exit 255;;
many) yes | head -c 9000000; exit 0;;
shy) echo '{{"schema": 1, "error": {{"id": "not-offered", "message": "This is not offered here."}}}}'; exit 5;;
other) printf 'bash: status: command not found\\033[2J' >&2; exit 127;;
esac
"""


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a program in the place of ssh that answers by the name of the host; return where its words are kept."""
    log, program = tmp_path / "log", tmp_path / "bin" / "ssh"
    program.parent.mkdir()
    program.write_text(SSH.format(log=log, answer=ANSWER))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return log


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenDoor]:
    """A Zone Server that answers verbs."""
    directory = tmp_path_factory.mktemp("board")
    with a_door(directory, make_home(directory), warm_module="menus.warm") as opened:
        yield opened


def by_host(rows: tuple[Row, ...]) -> dict[str, Row]:
    return {row.host: row for row in rows}


def test_one_host_that_does_not_answer_holds_up_no_other(log: Path) -> None:
    begun = time.monotonic()
    hosts = ("slow", "ok1", "child", "ok2", "away", "many", "shy", "other")
    rows = read_board(None, hosts, seconds=6)
    assert time.monotonic() - begun < 100
    assert tuple(row.host for row in rows) == hosts
    found = {row.host: (row.state, row.problem) for row in rows}
    assert found["ok1"] == found["ok2"] == ("ok", "")
    assert found["slow"] == found["child"] == found["away"] == ("fail", UNREACHABLE)
    assert found["many"] == found["other"] == ("fail", NO_STATUS)
    assert found["shy"] == ("fail", "not-offered")
    assert "Connection refused" in str(by_host(rows)["away"].reason)
    assert "\x1b" not in str(by_host(rows)["other"].reason)


def test_ssh_asks_nobody_and_forwards_nothing(log: Path) -> None:
    read_board(None, ("ok",))
    words = log.read_text()
    for option in (
        "BatchMode=yes",
        "ForwardAgent=no",
        "ClearAllForwardings=yes",
        "ControlMaster=no",
        "-- ok status --json",
    ):
        assert option in words


def test_drop_boxes_are_left_out_unless_they_are_named(log: Path, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("Host ok ok-files\n")
    assert [row.host for row in read_board(config)] == ["ok"]
    assert [row.host for row in read_board(config, ("ok-files",))] == ["ok-files"]


def test_no_more_are_asked_at_once_than_is_said(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    present, most, lock = 0, 0, threading.Lock()

    def ask(host: str, _: object) -> Row:
        nonlocal present, most
        with lock:
            present += 1
            most = max(most, present)
        time.sleep(0.02)
        with lock:
            present -= 1
        return Row(host)

    monkeypatch.setattr(board, "ask", ask)
    told: list[tuple[int, int]] = []
    hosts = tuple(f"h{number}" for number in range(20))
    read_board(None, hosts, at_once=3, progress=lambda done, of: told.append((done, of)))
    assert (most, told[-1]) == (3, (20, 20))


def test_who_stops_waiting_stops_every_ssh(log: Path) -> None:
    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        read_board(None, ("ok", "slow", "child"), seconds=110, progress=stop)
    assert time.monotonic() - begun < 100


@pytest.mark.door
def test_a_real_appliance_is_asked_by_a_real_ssh(door: OpenDoor) -> None:
    rows = by_host(read_board(Path(door.config)))
    assert set(rows) == {"box"}
    assert (rows["box"].name, rows["box"].role, rows["box"].problem) == ("zs1", "zone-server", "")
    door.ssh("zone-server create-csr --yes")
    after = read_board(Path(door.config), ("b?x",))[0]
    assert after.state == "due"
    assert [(each.state, each.next) for each in after.exchanges] == [("shown", "zone-server import-certificate")]
    files = read_board(Path(door.config), ("files",))[0]
    assert files.state == "fail"
