"""Work in progress: a word after a tenth of a second, what it tells, and a way to cancel it.

Invariants: the work runs beside the screen (`worker`), which goes on painting and taking keys whatever the work
waits for. Only a key that arrives while the work runs cancels it; what was typed ahead waits for the next page.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from menus.screens.body import Body
from menus.screens.desk import Desk
from menus.screens.keyboard import Key
from menus.screens.page import Page
from menus.screens.worker import Stopped, Worker
from menus.walk import Errand, Place
from tanos.message import N_, Message
from tanos.operation import Tell

PATIENCE_SECONDS = 0.1
KEPT = 12
"""Lines of progress that stay in sight."""

T = TypeVar("T")


class Cancelled(Exception):
    """The operator cancelled the work."""


async def attend(desk: Desk, at: Errand | Place, work: Callable[[Tell], Coroutine[Any, Any, T]], what: Message) -> T:
    """Run `work` and show that it runs; return what it returns. Raises Cancelled, or what it raises."""
    watch = _Watch(desk, at, what)
    worker = Worker(desk.appliance, lambda: work(watch.tell))
    watch.stop = worker.stop
    try:
        done, _ = await asyncio.wait({worker.result}, timeout=PATIENCE_SECONDS)
        if not done:
            desk.typed.interrupts = watch.interrupted
            watch.refresh()
        return await worker.result
    except Stopped:
        raise Cancelled from None
    except asyncio.CancelledError:
        worker.stop()
        raise
    finally:
        desk.typed.interrupts = None


class _Watch:
    """What is seen of the work, and the keys that stop it."""

    stop: Callable[[], None]

    def __init__(self, desk: Desk, at: Errand | Place, what: Message) -> None:
        self._what = what
        self._desk = desk
        self._told: list[Message] = []
        self._loop = asyncio.get_running_loop()
        self._page = Page(
            title=at.title,
            path=at.path,
            write=lambda body: _write(body, self._what, self._told),
            hints=N_("Esc or Ctrl-C cancels"),
        )

    def tell(self, message: Message) -> None:
        """Take a word of progress, from the thread of the work."""
        self._told.append(message)
        with suppress(RuntimeError):  # the screen is gone, and the work goes on
            self._loop.call_soon_threadsafe(self.refresh)

    def refresh(self) -> None:
        """Show it, once it lasts."""
        if self._desk.typed.interrupts is not None:
            self._desk.display.show(self._page, None)

    def interrupted(self, key: Key) -> bool:
        """Cancel at Esc or Ctrl-C; say whether this was one."""
        if key.name not in {"escape", "interrupt"}:
            return False
        if key.name == "interrupt":
            self._desk.typed.forget()
        self._what, self._page.hints = N_("Cancelling; it stops as soon as it can …"), ""
        self.stop()
        self.refresh()
        return True


def _write(body: Body, what: Message, told: list[Message]) -> None:
    body.free()
    body.say(body.look.words(what), "bold")
    for message in told[-KEPT:]:
        body.say(body.look.words(message), indent=3)
