"""The template of services where the system has nothing left to give: one start fails, and nothing that runs ends."""

import asyncio
import os
import resource
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from tanos.supervising.template import Forked, Template

HUB = "tanos.services.hub.program"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "log").mkdir()
    return tmp_path


@contextmanager
def _lines(home: Path) -> Iterator[tuple[socket.socket, socket.socket, int]]:
    ours, theirs = socket.socketpair()
    log = os.open(home / "log" / "hub.log", os.O_CREAT | os.O_WRONLY)
    try:
        with ours, theirs:
            yield ours, theirs, log
    finally:
        os.close(log)


def _lives(process: Forked) -> bool:
    return not process._ended.is_set()


async def _ended(template: Template, *forked: Forked) -> None:
    template.close()
    async with asyncio.timeout(60):
        for each in forked:
            await each.wait()


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


async def _free(pid: int) -> list[int]:
    """Return the descriptors that a process has free, once it has closed what it handed over."""
    held: dict[int, str] = {-1: "pidfd"}
    while any("pidfd" in what for what in held.values()):
        await asyncio.sleep(0.01)
        held = {int(each.name): str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir()}
    return [number for number in range(len(held) + 4) if number not in held]


async def test_a_fork_that_fails_is_one_start_that_fails(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, fork, times = os.getpid(), os.fork, count()

    def failing_once() -> int:
        if os.getpid() != here and next(times) == 1:
            raise BlockingIOError("Resource temporarily unavailable")
        return fork()

    monkeypatch.setattr(os, "fork", failing_once)
    template, lost = Template(home, [HUB]), asyncio.Event()
    template.when_lost(lost.set)
    with _lines(home) as (_, first_end, log), _lines(home) as (_, second_end, _), _lines(home) as third:
        first = template.fork(first_end, log)
        with pytest.raises(OSError):
            template.fork(second_end, log)
        after = template.fork(third[1], log)
        await asyncio.sleep(0.2)
        assert _lives(first) and _lives(after) and not lost.is_set()
    await _ended(template, first, after)


async def test_where_no_descriptor_is_left_what_was_started_for_it_ends_and_the_others_go_on(home: Path) -> None:
    template, lost = Template(home, [HUB]), asyncio.Event()
    template.when_lost(lost.set)
    with _lines(home) as (_, first_end, log), _lines(home) as (ours, theirs, _), _lines(home) as third:
        first = template.fork(first_end, log)
        of_template = _parent(first.pid)
        free = await _free(of_template)
        before = resource.prlimit(of_template, resource.RLIMIT_NOFILE)
        for least in free[:3]:  # no room for its line, for its log, for the process
            resource.prlimit(of_template, resource.RLIMIT_NOFILE, (least, before[1]))
            with pytest.raises(OSError):
                template.fork(theirs, log)
        resource.prlimit(of_template, resource.RLIMIT_NOFILE, before)
        theirs.close()
        ours.settimeout(60)
        ours.shutdown(socket.SHUT_WR)
        assert not ours.recv(1), "somebody holds the other end"
        after = template.fork(third[1], log)
        assert _lives(first) and _lives(after) and not lost.is_set()
    await _ended(template, first, after)
