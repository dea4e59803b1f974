"""A line is handed to each of root's hands that comes, by who handed it over first, and by nobody else meanwhile."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tanos.relying import granting
from tanos.relying.granting import GRANT, KNOWN, keep_granted, taken
from tanos.relying.hand import listen_at

ME = os.geteuid()


@pytest.fixture
def asked(place: Path) -> Iterator[tuple[socket.socket, socket.socket]]:
    """Who hands a line over, which is the second end, and root's program, which is this process."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


@contextmanager
def handing_over(place: Path, line: int) -> Iterator[list[Exception]]:
    """Have a line handed over for as long as the block lasts; gives what went wrong."""
    faults, (front, other) = list[Exception](), socket.socketpair()
    thread = threading.Thread(target=keep_granted, args=(place, line, front, faults.append))
    thread.start()
    try:
        yield faults
    finally:
        other.close()
        thread.join(10)
        assert not thread.is_alive()
        front.close()


def accepted(place: Path) -> socket.socket:
    """Wait at root's place until somebody comes."""
    with listen_at(place / GRANT, ME) as listening:
        listening.settimeout(60)
        return listening.accept()[0]


@pytest.fixture(autouse=True)
def _as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(granting, "_ROOT", ME)


def test_each_hand_that_comes_is_handed_the_same_line(
    place: Path, asked: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = asked
    with handing_over(place, theirs.fileno()) as faults:
        for _ in range(3):
            with accepted(place) as channel:
                line = taken(place, channel, ME)
                assert line is not None
                with socket.socket(fileno=line) as handed:
                    handed.send(b"k")
                assert ours.recv(1) == b"k"
    assert not faults


def test_as_long_as_he_lives_who_handed_it_over_nobody_else_does(
    place: Path, asked: tuple[socket.socket, socket.socket]
) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        (place / KNOWN).write_text(f"{other.pid} {granting._began(other.pid)}")
        with handing_over(place, asked[1].fileno()):
            with accepted(place) as channel:
                assert taken(place, channel, ME) is None
            (place / KNOWN).write_text(f"{other.pid} 1")  # another process, of the same number
            with accepted(place) as channel:
                line = taken(place, channel, ME)
                assert line is not None
                os.close(line)
            (place / KNOWN).write_text(f"{other.pid} {granting._began(other.pid)}")
            other.communicate(b"\n")
            with accepted(place) as channel:
                line = taken(place, channel, ME)
                assert line is not None
                os.close(line)
        assert (place / KNOWN).read_text() == f"{os.getpid()} {granting._began(os.getpid())}"
        assert (place / KNOWN).stat().st_mode & 0o777 == 0o600


def test_another_account_hands_nothing_over(place: Path, asked: tuple[socket.socket, socket.socket]) -> None:
    with handing_over(place, asked[1].fileno()), accepted(place) as channel:
        assert taken(place, channel, ME + 1) is None


def test_where_it_is_not_root_who_waits_nothing_is_handed_to_him_and_that_is_told_once(
    place: Path, asked: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(granting, "_ROOT", ME + 1)
    monkeypatch.setattr(granting, "CONNECT_SECONDS", 0.3)
    with handing_over(place, asked[1].fileno()) as faults:
        for _ in range(4):
            with accepted(place) as channel:
                assert channel.recv(1) == b""
    assert [type(each) for each in faults] == [PermissionError]
