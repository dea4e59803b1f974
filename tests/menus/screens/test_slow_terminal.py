"""A terminal that takes nothing for a while."""

import asyncio
import os
import pty
from collections.abc import Iterator
from typing import Any, cast

import pytest
from textual.app import App

from menus.screens.driver import BACKLOG, CANCEL, LEAVE, LeanDriver
from menus.screens.guts import QuietApp


class FakeApp:
    encoding = "utf-8"
    refreshed = 0
    terminal: Any = None

    def refresh(self) -> None:
        self.refreshed += 1


@pytest.fixture
def ends() -> Iterator[tuple[int, int]]:
    master, slave = pty.openpty()
    yield master, slave
    os.close(master)


def driver_on(slave: int) -> tuple[LeanDriver, FakeApp]:
    app = FakeApp()
    driver = LeanDriver(cast("QuietApp", app))
    os.set_blocking(slave, False)
    driver.out, driver.attached = slave, True
    return driver, app


async def test_painting_never_waits_and_the_page_is_painted_anew_afterwards(ends: tuple[int, int]) -> None:
    master, slave = ends
    driver, app = driver_on(slave)
    for number in range(100):
        driver.write(f"{number:02}" * 5_000)
    assert BACKLOG < len(driver.waiting) < 2 * BACKLOG
    assert driver.dropped
    os.set_blocking(master, False)
    async with asyncio.timeout(60):
        while driver.waiting:
            await asyncio.sleep(0.001)
            os.read(master, 65536)
    assert app.refreshed == 1
    driver.close()


async def test_the_terminal_is_given_back_even_then(ends: tuple[int, int]) -> None:
    master, slave = ends
    driver, _ = driver_on(slave)
    for number in range(100):
        driver.write(f"{number:02}" * 5_000)
    driver.stop_application_mode()
    os.read(master, 65536)
    driver.close()
    os.set_blocking(master, False)
    seen = b""
    while piece := _read(master):
        seen += piece
    assert seen.endswith((CANCEL + LEAVE).encode())


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""


def test_the_driver_takes_an_app_of_ours() -> None:
    assert issubclass(QuietApp, App)
