"""The console on a real terminal: what it sends, what it leaves, what it survives."""

import fcntl
import os
import re
import select
import signal
import struct
import termios
import time
from pathlib import Path

import pytest

from menus.screens.driver import ENTER, LEAVE
from tests.menus.screens.real_terminal import PATIENCE_SECONDS, UTF8, RealTerminal, real_terminal
from tests.menus.screens.small_tree import PEM
from tests.sftp.door.processes import soon

pytestmark = pytest.mark.door
QUESTIONS = re.compile(
    rb"\x1b\[(?:[?>=]?[0-9;]*(?:c|n|u|\$p)|\?(?:100[0-6]|1015|1016|2026|2048|2031)[hl]|>[0-9;]*[mq])"
)
COLOUR = re.compile(rb"\x1b\[(?:[0-9]+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9]+)*m")


def gone(process: int) -> bool:
    """Wait until a process has ended (it stays a zombie until its parent looks)."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.02)
    return False


def signs_out(terminal: RealTerminal) -> None:
    terminal.send(b"RR\rZ\r")
    assert terminal.ends() == 0


def test_the_terminal_is_asked_nothing_and_given_back(tmp_path: Path) -> None:
    with real_terminal(tmp_path / "zs1") as terminal:
        before = termios.tcgetattr(terminal.slave)
        terminal.sees(b"Log out")
        terminal.send(b"2-Z-1\r\r\ryes\r")
        terminal.sees(b"-----END CERTIFICATE REQUEST-----")
        signs_out(terminal)
        assert termios.tcgetattr(terminal.slave) == before
        assert terminal.seen.startswith(ENTER.encode())
        assert terminal.seen.rstrip().endswith(LEAVE.encode())
        assert not QUESTIONS.findall(terminal.seen)
        assert b"\x1b]" not in terminal.seen


def test_keys_sent_before_the_first_page_arrive(tmp_path: Path) -> None:
    with real_terminal(tmp_path / "zs1") as terminal:
        terminal.send(b"2\rZ\r1\r")
        terminal.sees(b"Common name:")
        signs_out(terminal)


@pytest.mark.parametrize("bracketed", [True, False])
def test_sixty_kilobytes_pasted_through_a_terminal_arrive_whole(tmp_path: Path, bracketed: bool) -> None:
    body = "".join(f"{line:064d}\r\n" for line in range(900))
    paste = f"-----BEGIN CERTIFICATE REQUEST-----\r\n{body}-----END CERTIFICATE REQUEST-----\r\n".encode()
    with real_terminal(tmp_path / "zs1") as terminal:
        terminal.send(b"2-Z-2\r")
        terminal.sees(b"0 lines")
        terminal.send(b"\x1b[200~" + paste + b"\x1b[201~" if bracketed else paste)
        terminal.sees(f"A paste of {len(paste)}".encode() if bracketed else b"A paste of 594")
        signs_out(terminal)


def test_an_unbracketed_paste_with_more_text_after_it_answers_no_menu(tmp_path: Path) -> None:
    with real_terminal(tmp_path / "zs1") as terminal:
        terminal.send(b"2-Z-2\r")
        terminal.sees(b"0 lines")
        terminal.send(PEM.replace("\n", "\r").encode() + b"yes\rR\rZ\rZ\r")
        terminal.sees(b"Type yes to go on")
        terminal.send(b"yes\r")
        terminal.sees(b"Stored")
        signs_out(terminal)


def test_no_colour_where_none_is_wanted(tmp_path: Path) -> None:
    with real_terminal(tmp_path / "zs1", {"TERM": "xterm-256color", "LANG": "C.UTF-8", "NO_COLOR": "1"}) as terminal:
        terminal.sees(b"Log out")
        terminal.send(b"\x1b[B\x1b[B2-Z-1\rbad\r\r")
        terminal.sees(b"san-bad")
        signs_out(terminal)
        assert not COLOUR.findall(terminal.seen)
        assert b"wait" in terminal.seen


@pytest.mark.parametrize(
    "environment", [{"TERM": "vt100"}, {"TERM": "linux", "LANG": "C"}, {"TERM": "xterm", "LC_ALL": "POSIX"}]
)
def test_old_terminals_get_ascii(tmp_path: Path, environment: dict[str, str]) -> None:
    with real_terminal(tmp_path / "zs1", environment) as terminal:
        terminal.sees(b"Log out")
        terminal.send(b"2-Z-1\r\r\ryes\r")
        terminal.sees(b"-----END CERTIFICATE REQUEST-----")
        terminal.send(b"c\r")
        signs_out(terminal)
        assert terminal.seen.isascii()
        assert "─".encode() not in terminal.seen
        assert b"--------" in terminal.seen


def test_a_resize_lays_the_page_out_anew(tmp_path: Path) -> None:
    with real_terminal(tmp_path / "zs1") as terminal:
        terminal.sees(b"Log out")
        for columns, rows in ((132, 50), (40, 10), (20, 5), (80, 24)):
            start = len(terminal.seen)
            terminal.resize(columns, rows)
            terminal.sees("─".encode() * columns, start)
        signs_out(terminal)


@pytest.mark.parametrize("how", ["hangup", "sighup", "sigterm"])
def test_a_vanished_client_leaves_no_process(tmp_path: Path, how: str) -> None:
    with real_terminal(tmp_path / "zs1") as terminal:
        terminal.sees(b"Log out")
        if how == "hangup":
            terminal.hang_up()
        else:
            os.kill(terminal.process.pid, signal.SIGHUP if how == "sighup" else signal.SIGTERM)
        assert gone(terminal.process.pid)


def test_a_hangup_that_no_signal_tells_ends_the_session_too(tmp_path: Path) -> None:
    with real_terminal(tmp_path / "zs1", controlling=False) as terminal:
        terminal.sees(b"Log out")
        terminal.send(b"2-Z-2\r")
        terminal.sees(b"0 lines")
        terminal.hang_up()
        assert gone(terminal.process.pid)


def test_an_idle_session_uses_no_time(tmp_path: Path) -> None:
    with real_terminal(tmp_path / "zs1") as terminal:
        terminal.sees(b"Log out")
        assert soon(lambda: _rests(terminal, 1.5))
        assert len(list(Path(f"/proc/{terminal.process.pid}/task").iterdir())) == 1


def test_a_terminal_that_reads_nothing_does_not_stop_the_session(tmp_path: Path) -> None:
    with real_terminal(tmp_path / "zs1") as terminal:
        terminal.sees(b"Log out")
        for _ in range(200):
            os.write(terminal.master, b"\x0c")
            time.sleep(0.004)
        os.set_blocking(terminal.master, False)
        sent, deadline = 0, time.monotonic() + PATIENCE_SECONDS
        while sent < 200_000:
            assert time.monotonic() < deadline, "it takes no more keys"
            if select.select([], [terminal.master], [], 0.1)[1]:
                sent += os.write(terminal.master, b"\x0b" * 1000)
        start = len(terminal.seen)
        terminal.send(b"2-Z\r")
        terminal.sees(b"Create CSR", start)
        signs_out(terminal)


def test_the_plain_print_is_on_the_screen_below_and_comes_back(tmp_path: Path) -> None:
    with real_terminal(tmp_path / "zs1") as terminal:
        terminal.send(b"2-Z-1\r\r\ryes\r")
        terminal.sees(b"-----END")
        start = len(terminal.seen)
        terminal.send(b"p\r")
        terminal.sees(b"Return goes back to the page", start)
        printed = terminal.seen[start:]
        assert PEM.replace("\n", "\r\n").encode() in printed
        start = len(terminal.seen)
        terminal.send(b"\r")
        terminal.sees(b"-----END", start)
        signs_out(terminal)


def _rests(terminal: RealTerminal, seconds: float) -> bool:
    """Say whether the program has read all that was typed, and does nothing for so long."""
    before = _ticks(terminal.process.pid)
    time.sleep(seconds)
    (unread,) = struct.unpack("i", fcntl.ioctl(terminal.slave, termios.FIONREAD, bytes(4)))
    return not unread and _ticks(terminal.process.pid) - before <= 1


def _ticks(process: int) -> int:
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


SILENCE = 0.5
"""Seconds after which a paste is over: so many that no slow machine makes a pause of its own within one."""
SMUGGLED = b"\rRR\r2-Z-1\r\r\ryes\r\x1b[201~"


@pytest.mark.parametrize("pause", [0.0, 0.01, 0.05])
def test_an_end_mark_within_an_awaited_paste_gives_its_rest_no_answer(tmp_path: Path, pause: float) -> None:
    with real_terminal(tmp_path / "zs1", {**UTF8, "SILENCE": str(SILENCE)}) as terminal:
        terminal.send(b"2-Z-2\r")
        terminal.sees(b"0 lines")
        terminal.send(b"\x1b[200~" + PEM.replace("\n", "\r").encode() + b"\x1b[201~")
        time.sleep(pause)
        terminal.send(SMUGGLED)
        terminal.sees(b"Type yes to go on")
        terminal.send(b"yes\r")
        terminal.sees(b"Stored")
        signs_out(terminal)
        assert b"Common name" not in terminal.seen


@pytest.mark.parametrize("pause", [0.0, 0.01, 0.05])
@pytest.mark.parametrize(("leads", "shows"), [(b"2-Z\r", b"Import Cert Request"), (b"2-Z-1\rx\r", b"Other names")])
def test_an_end_mark_within_a_paste_at_a_menu_or_a_field_gives_its_rest_no_answer(
    tmp_path: Path, leads: bytes, shows: bytes, pause: float
) -> None:
    with real_terminal(tmp_path / "zs1", {**UTF8, "SILENCE": str(SILENCE)}) as terminal:
        terminal.send(leads)
        terminal.sees(shows)
        terminal.send(b"\x1b[200~junk\nmore\x1b[201~")
        time.sleep(pause)
        terminal.send(SMUGGLED + b"2-Z-3\r")
        terminal.sees(b"none is awaited here")
        assert soon(lambda: _rests(terminal, 2 * SILENCE))
        terminal.send(b"RR\r2\rZ\r6\ryes\r")
        terminal.sees(b"Recorded")
        signs_out(terminal)
        assert b"-----END" not in terminal.seen
        assert b"What waits" not in terminal.seen


@pytest.mark.parametrize("flood", [b"x\r" * 100_000, b"x" * 1_000_000])
def test_a_flood_of_lines_or_letters_is_dropped_and_the_session_answers(tmp_path: Path, flood: bytes) -> None:
    with real_terminal(tmp_path / "zs1") as terminal:
        terminal.sees(b"Log out")
        start = len(terminal.seen)
        terminal.send(flood)
        terminal.sees(b"none is awaited here", start)
        terminal.send(b"2-Z\r")
        terminal.sees(b"Create CSR", start)
        signs_out(terminal)


def test_control_c_forgets_at_once_what_was_typed_ahead(tmp_path: Path) -> None:
    with real_terminal(tmp_path / "zs1") as terminal:
        terminal.sees(b"Log out")
        start = len(terminal.seen)
        terminal.send(b"2-Z-3\r\r" * 2000 + b"\x03\x03RR\r2-Z-1\r")
        terminal.sees(b"Common name:", start)
        signs_out(terminal)


def test_a_menu_that_nobody_types_at_is_left_with_a_word(tmp_path: Path) -> None:
    with real_terminal(tmp_path / "zs1", idle=1) as terminal:
        terminal.sees(b"Log out")
        assert terminal.ends() == 0
        assert b"\x1b[?1049l" in terminal.seen
        assert b"Signed out: nothing was typed for 1 second." in terminal.seen.partition(b"\x1b[?1049l")[2]
