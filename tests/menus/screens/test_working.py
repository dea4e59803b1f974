"""Work that waits holds nothing up: the screen goes on."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from menus.tree import MAIN
from tanos.certificates import kept
from tanos.certificates.new_request import new_request
from tanos.keeper import Keeper
from tanos.platform import UserRole
from tests.menus.screens.sitting import Sitting, sitting

SOON_SECONDS = 1.0
"""Far below the ten seconds that a writer waits; a tenth of one is what a person is promised."""


@contextmanager
def another_writer(operator: Sitting) -> Iterator[None]:
    """Hold the appliance's database as another session does."""
    store = operator.appliance.store
    store.rows("SELECT 1")
    held = sqlite3.connect(store.path, isolation_level=None)
    held.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        held.execute("ROLLBACK")
        held.close()


def records(operator: Sitting) -> list[str]:
    """Return what was audited."""
    return [row["result"] for row in operator.appliance.store.rows("SELECT result FROM audit")]


async def test_a_writer_that_waits_for_another_says_so_at_once_and_the_screen_lives(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        with another_writer(operator):
            began = time.monotonic()
            operator.type("2-z-6\ryes\r")
            await operator.sees("Working")
            assert time.monotonic() - began < SOON_SECONDS
            await operator.resizes(132, 50)
            operator.type("2-z-3\r")
            assert "Working" in operator.screen
        await operator.sees("What waits in /incoming")
        assert records(operator) == ["done"]


async def test_cancelling_what_cannot_stop_is_said_and_its_end_is_told(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        with another_writer(operator):
            operator.type("2-z-6\ryes\r")
            await operator.sees("Working")
            operator.type("\x1b")
            await operator.sees("Cancelling")
        await operator.sees("Recorded")
        assert records(operator) == ["done"]


async def test_a_line_that_is_not_offered_is_audited_without_holding_the_screen_up(tmp_path: Path) -> None:
    async with sitting(tmp_path, role=UserRole.TANUSER) as operator:
        with another_writer(operator):
            operator.type("2-z-6\r")
            await asyncio.sleep(0)
            began = time.monotonic()
            await operator.resizes(132, 50)
            assert time.monotonic() - began < SOON_SECONDS
        await operator.sees("not offered to users of role tanuser")
        assert records(operator) == ["not-offered"]


async def test_no_thread_is_left_between_beats(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("2-z-6\ryes\r")
        await operator.sees("Recorded")
        async with asyncio.timeout(60):
            while any(thread.name == "work" for thread in threading.enumerate()):  # noqa: ASYNC110 - a thread's end sets no event
                await asyncio.sleep(0.005)


async def test_while_a_key_is_made_the_screen_lives_and_who_cancels_is_told_what_it_came_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def slow(*words: Any) -> Any:
        begun.set()
        assert may_end.wait(60)
        return new_request(*words)

    monkeypatch.setattr(kept, "new_request", slow)
    async with sitting(tmp_path, MAIN) as operator:
        operator.type("2-z-1\r\r\rno\ryes\r")
        await operator.sees("Making the key")
        assert await asyncio.to_thread(begun.wait, 60)
        await operator.resizes(132, 50)
        operator.type("\x1b")
        await operator.sees("Cancelling")
        may_end.set()
        await operator.sees("BEGIN CERTIFICATE REQUEST")
        assert len(Keeper(operator.appliance).waiting("reporting")) == 1
