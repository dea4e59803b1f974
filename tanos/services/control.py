"""Where operations ask the supervisor: a socket of this account alone, one question after the other.

Invariants: who asks is a process of the same account, by the socket's mode and the system's word; whether its user
may ask was decided by the gate, which also audits it. What is held (stopped for a change) is started again once who
held it is gone, however he went, and what it serves by then is looked at.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from tanos.appliance import Appliance
from tanos.errors import NotYet, TanosError
from tanos.message import N_
from tanos.other_end import other_end
from tanos.services.frames import BadFrame, Frame, frame_bytes, read_frame
from tanos.services.meeting import address_of

SOCKET = "services.sock"
ANSWER_SECONDS = 60.0
HOLD, START, JUDGE = "hold", "start", "judge"
Ask = Callable[..., Awaitable[Frame]]
"""Asks the supervisor `do`, with words; returns its answer. Raises NotYet `not-served`."""


class Control:
    """The supervisor's end."""

    def __init__(self, appliance: Appliance, answer: Callable[[str, Frame], Awaitable[Frame]]) -> None:
        self._path = appliance.run / SOCKET
        self._answer = answer

    async def watch(self) -> None:
        """Answer until cancelled."""
        with contextlib.suppress(OSError):
            self._path.unlink()
        with address_of(self._path) as address:
            server = await asyncio.start_unix_server(self._attend, address)
        self._path.chmod(0o600)
        try:
            await server.serve_forever()
        finally:
            server.close()
            with contextlib.suppress(OSError):
                self._path.unlink()

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held: dict[str, bool] = {}
        try:
            if other_end(writer.get_extra_info("socket")).account != os.geteuid():
                return
            while (asked := await read_frame(reader)) is not None:
                _note(held, asked)
                writer.write(frame_bytes(await self._answered(asked)))
                await writer.drain()
        except (BadFrame, OSError, ValueError):
            pass
        finally:
            writer.close()
        for name, is_stopped in held.items():
            await self._answered({"do": START if is_stopped else JUDGE, "name": name})

    async def _answered(self, asked: Frame) -> Frame:
        try:
            return await self._answer(str(asked["do"]), asked)
        except TanosError as error:
            return {"refused": error.id}
        except (KeyError, TypeError, ConnectionError) as error:
            return {"refused": type(error).__name__}


async def ask_supervisor(appliance: Appliance, do: str, **words: Any) -> Frame:
    """Ask the supervisor of an appliance; return its answer. Raises NotYet `not-served` where none runs."""
    async with conversation(appliance) as ask:
        return await ask(do, **words)


@asynccontextmanager
async def conversation(appliance: Appliance) -> AsyncIterator[Ask]:
    """Have several things asked; what is asked to `hold` is stopped until it is asked to `start`, or until this ends.

    Raises NotYet `not-served` where no supervisor runs.
    """
    try:
        with address_of(appliance.run / SOCKET) as address:
            reader, writer = await asyncio.open_unix_connection(address)
    except OSError as error:
        raise _not_served() from error

    is_lost = False

    async def ask(do: str, **words: Any) -> Frame:
        nonlocal is_lost
        if is_lost:
            raise _not_served()
        is_lost = True  # until its answer is here: one that comes late answers no other question
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                writer.write(frame_bytes({"do": do, **words}))
                answer = await read_frame(reader)
        except TimeoutError as error:
            raise _late() from error
        except (OSError, BadFrame) as error:
            raise _not_served() from error
        if answer is None:
            raise _not_served()
        is_lost = False
        return answer

    try:
        yield ask
    finally:
        writer.close()


def _note(held: dict[str, bool], asked: Frame) -> None:
    """Note what is held, and whether it is still stopped."""
    name = str(asked.get("name", ""))
    if asked.get("do") == HOLD:
        held[name] = True
    elif asked.get("do") == START and name in held:
        held[name] = False


def _late() -> NotYet:
    return NotYet(
        "not-served",
        N_("Who runs the services of this appliance did not answer in time."),
        N_("What was asked for may still be done: look how the services stand, then try again."),
    )


def _not_served() -> NotYet:
    return NotYet(
        "not-served",
        N_("Nobody runs the services of this appliance."),
        N_("Start it (`tanos serve`), then try again."),
    )
