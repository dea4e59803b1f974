"""The board as people and programs read it: a table that fits, states as words, one exit status."""

import json
import os
import stat
from pathlib import Path

import pytest

from menus.board_table import board_lines
from sftp.board.row import Pair, Row, Waiting
from tests.menus.test_programs import run

PAIRS = (
    Pair("root", 2912117, "9999-12-31T23:59:59Z", due=False, waiting=False, next=""),
    Pair("reporting", 12, "2026-12-04T00:00:00Z", due=True, waiting=False, next="certificates renew reporting"),
    Pair("soap", 700, "2028-12-04T00:00:00Z", due=False, waiting=False, next=""),
)
EXCHANGES = (Waiting("7C1E-90AB-1111", "sent", "2026-11-22T12:00:00Z", "CN=x", "zone-server import-certificate"),)
ROWS = (
    Row("ts1", "ts1", "tanium-server", "7.3", PAIRS[:1]),
    Row("a-zone-server-with-a-very-long-name.lab.test", "zs1", "zone-server", "7.3", PAIRS, EXCHANGES),
    Row("ms1", "ms1", "a role\x1b[2J", "7.3", warnings=(("unconfined", "Long words " * 20),)),
    Row("zs9", problem="peer-unreachable", reason="ssh: connect to host zs9 port 22: Connection refused"),
)


def lines(width: int = 80, *, colour: bool = False) -> list[str]:
    return list(board_lines(ROWS, width, colour=colour))


@pytest.mark.parametrize("width", [10, 60, 80, 200])
def test_no_line_is_wider_than_the_terminal_and_nothing_is_left_out(width: int) -> None:
    shown = lines(width)
    assert max(map(len, shown)) <= max(width, 60)
    joined = "".join("".join(shown).split())
    for word in ("12", "700", "noend", "renew", "refused", "7C1E-90AB"):
        assert word in joined or width < 80


def test_state_is_a_word_and_colour_only_repeats_it() -> None:
    plain, coloured = lines(), lines(colour=True)
    assert [line.split()[0] for line in plain if line[0] != " "] == ["state", "ok", "due", "warn", "fail"]
    assert any("\x1b[31mfail\x1b[0m" in line for line in coloured)
    assert "\x1b" not in "".join(plain)


def test_what_is_next_stands_below_its_host() -> None:
    shown = lines(100)
    at = next(number for number, line in enumerate(shown) if "zone-server-with" in line)
    below = "\n".join(shown[at : at + 8])
    assert "reporting: next is `certificates renew reporting`" in below
    assert "exchange 7C1E-90AB: next is `zone-server import-certificate`" in below


@pytest.mark.parametrize(
    ("days", "due", "status"), [(400, "false", 0), (12, "true", 4), (-1, "true", 4), (None, "", 4)], ids=str
)
def test_the_exit_status_says_whether_something_is_due(
    tmp_path: Path, days: int | None, due: str, status: int
) -> None:
    pair = f'{{"pair": "soap", "days_left": {days}, "due": {due}}}'
    answer = f'{{"schema": 1, "name": "a", "role": "tanium-server", "certificates": [{pair}]}}'
    program = tmp_path / "ssh"
    program.write_text(f"#!/bin/sh\necho '{answer}'\n" if days else "#!/bin/sh\nexit 255\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    path = f"{tmp_path}:{os.defpath}"
    done = run("board", "ts1", "--json", PATH=path)
    told = json.loads(done.stdout)
    assert (done.returncode, done.stderr, told["schema"]) == (status, "", 1)
    assert (told["due"], told["failed"]) == ((int(due == "true"), 0) if days else (0, 1))
    shown = run("board", "ts1", PATH=path)
    assert (shown.returncode, "\x1b" in shown.stdout) == (status, False)
    assert shown.stdout.splitlines()[-1].startswith("1 host: ")


@pytest.mark.parametrize(
    ("words", "status", "error"),
    [
        ((), 2, "missing-answer"),
        (("-F", "/nonexistent"), 3, "bad-ssh-config"),
        (("-F", "/dev/null"), 3, "no-such-host"),
        (("--seconds", "0", "a"), 2, "wrong-use"),
        (("--what",), 2, "unknown-option"),
    ],
    ids=str,
)
def test_every_end_has_its_status(words: tuple[str, ...], status: int, error: str) -> None:
    done = run("board", *words, "--json")
    assert (done.returncode, json.loads(done.stdout)["error"]["id"]) == (status, error)
