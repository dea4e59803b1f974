"""A page that follows what it shows: read anew every so many seconds, for as long as it is looked at.

Invariants: only a page that names its seconds has a timer, so that every other one costs nothing while nobody types.
It is read beside the screen (`Worker`), and never for more than a small share of the time, however much there is. No
key is taken and nothing typed is touched. What cannot be read now is said; a fault of the program is not repeated.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from menus.screens.desk import Desk
from menus.screens.page import Notice, Page
from menus.screens.worker import Stopped, Worker
from tanos.errors import NotYet, TanosError
from tanos.report import Mark

SHARE = 20
"""Reading takes at most one part in so many of the time."""

T = TypeVar("T")


@contextmanager
def following(
    desk: Desk, page: Page, seconds: float, read: Callable[[], Coroutine[Any, Any, T]], take: Callable[[T], None]
) -> Iterator[None]:
    """Have the page, which is shown meanwhile, `take` what `read` comes to; of no `seconds` it is left as it is."""
    task = asyncio.create_task(_follow(desk, page, seconds, read, take)) if seconds else None
    try:
        yield
    finally:
        if task is not None:
            task.cancel()


async def _follow(
    desk: Desk, page: Page, seconds: float, read: Callable[[], Coroutine[Any, Any, T]], take: Callable[[T], None]
) -> None:
    pause, ours = seconds, Notice()
    while True:
        await asyncio.sleep(pause)
        begun = time.monotonic()
        try:
            take(await _read(desk, read))
            said, goes_on = Notice(), True
        except (TanosError, Stopped) as error:
            said = Notice((error.message, error.remedy), Mark.WARN) if isinstance(error, TanosError) else Notice()
            goes_on = isinstance(error, NotYet)
        if said.words or page.notice is ours:
            page.notice = ours = said
        desk.display.paint()
        if not goes_on:
            return
        pause = max(seconds, SHARE * (time.monotonic() - begun))


async def _read(desk: Desk, read: Callable[[], Coroutine[Any, Any, T]]) -> T:
    worker = Worker(desk.appliance, read)
    try:
        return await worker.result
    except asyncio.CancelledError:
        worker.stop()
        raise
