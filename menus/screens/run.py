"""Work in progress: a word after a tenth of a second, what it tells, and a way to cancel it.

Invariant: only a key that arrives while the work runs cancels it; what was typed ahead waits for the next page.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from menus.screens.body import Body
from menus.screens.desk import Desk
from menus.screens.keyboard import Key
from menus.screens.page import Page
from menus.walk import Errand
from tanos.message import N_, Message
from tanos.operation import Tell

PATIENCE_SECONDS = 0.1
KEPT = 12
"""Lines of progress that stay in sight."""

T = TypeVar("T")


class Cancelled(Exception):
    """The operator cancelled the work."""


async def attend(desk: Desk, errand: Errand, work: Callable[[Tell], Awaitable[T]], what: Message) -> T:
    """Run `work` and show that it runs; return what it returns. Raises Cancelled, or what it raises."""
    told: list[Message] = []
    page = Page(
        title=errand.item.label,
        path=errand.path,
        write=lambda body: _write(body, what, told),
        hints=N_("Esc or Ctrl-C cancels"),
    )
    loop = asyncio.get_running_loop()

    def tell(message: Message) -> None:
        told.append(message)
        loop.call_soon_threadsafe(lambda: None if task.done() else desk.display.show(page, None))

    async def working() -> T:
        return await work(tell)

    task = asyncio.create_task(working())
    cancelled = False

    def interrupted(key: Key) -> bool:
        nonlocal cancelled
        if key.name not in {"escape", "interrupt"}:
            return False
        if key.name == "interrupt":
            desk.typed.forget()
        cancelled = True
        task.cancel()
        return True

    try:
        done, _ = await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
        if not done:
            desk.display.show(page, None)
            desk.typed.interrupts = interrupted
        return await task
    except asyncio.CancelledError:
        if not cancelled:
            task.cancel()
            raise
        raise Cancelled from None
    finally:
        desk.typed.interrupts = None


def _write(body: Body, what: Message, told: list[Message]) -> None:
    body.free()
    body.say(body.look.words(what), "bold")
    for message in told[-KEPT:]:
        body.say(body.look.words(message), indent=3)
