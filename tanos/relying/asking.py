"""Asking the hand, from a session or a verb: one question a connection, its steps told as they come.

Invariant: whoever answers is root or of this account, by the system's word; what comes back is plain data, bounded.
Where the hand dies under a question, what it began has its end before it answers again, and is then looked at.
"""

import asyncio
import os
import socket
import time
from collections.abc import Callable
from typing import Any

from tanos.appliance import Appliance
from tanos.errors import TanosError
from tanos.other_end import other_end
from tanos.relying.refusals import none_here, refusal
from tanos.relying.stopped import Stopped
from tanos.services.frames import HEAD, LONGEST, BadFrame, Frame, frame_bytes, parse_frame
from tanos.services.meeting import address_of

SOCKET = "relying.sock"
CHANGES = frozenset({"install", "put-back"})
CHANGE_SECONDS, LOOK_SECONDS, COME_BACK_SECONDS = 300.0, 15.0, 120.0
GLANCE_SECONDS = 0.5
"""For a menu that is just being written."""
_PAUSE = 0.2


class Lost(Exception):
    """The hand died while it changed something."""


def ask(
    appliance: Appliance,
    do: str,
    tell: Callable[[str], object] = lambda _: None,
    *,
    seconds: float | None = None,
    **words: Any,
) -> Any:
    """Ask, and return the answer; `seconds` is how long it may be silent, else as long as such a question may take.

    Raises NotYet `no-relying-hand`, by the ids of `refusals`; where the hand dies Lost for what changes something,
    NotYet `busy` for the rest.
    """
    longest = CHANGE_SECONDS if do in CHANGES else LOOK_SECONDS
    with _connected(appliance, seconds or longest) as connection:
        try:
            connection.sendall(frame_bytes({"do": do, **words}))
            while "step" in (answer := _frame(connection)):
                tell(str(answer["step"]))
        except (OSError, EOFError, BadFrame) as error:
            raise (Lost() if do in CHANGES else refusal(Stopped("busy"))) from error
    if "stopped" in answer:
        raise refusal(Stopped(str(answer["stopped"]), **answer["fields"]))
    return answer["done"]


async def ask_soon(
    appliance: Appliance, do: str, tell: Callable[[str], object] = lambda _: None, **words: Any
) -> Any:
    """As `ask`, while the running loop goes on; `tell` is called in it."""
    loop = asyncio.get_running_loop()
    return await asyncio.to_thread(ask, appliance, do, lambda step: loop.call_soon_threadsafe(tell, step), **words)


def ask_again(appliance: Appliance) -> Any:
    """Return how all stand once the hand is back. Raises NotYet `no-relying-hand`, `busy` where it is not in time."""
    until = time.monotonic() + COME_BACK_SECONDS
    while True:
        try:
            return ask(appliance, "list")
        except TanosError:
            if time.monotonic() > until:
                raise
        time.sleep(_PAUSE)


def is_there(appliance: Appliance) -> bool:
    """Say whether there is a hand to ask, dead or alive."""
    return (appliance.run / SOCKET).exists()


def names(appliance: Appliance) -> list[str]:
    """Return the names of the relying services, none where no hand answers."""
    try:
        return [str(name) for name in ask(appliance, "names", seconds=GLANCE_SECONDS)]
    except TanosError:
        return []


def _connected(appliance: Appliance, seconds: float) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(seconds)
        with address_of(appliance.run / SOCKET) as met:
            connection.connect(met)
        if other_end(connection).account not in {0, os.geteuid()}:
            raise OSError
    except OSError as error:
        connection.close()
        raise none_here() from error
    return connection


def _frame(connection: socket.socket) -> Frame:
    length = int.from_bytes(_exactly(connection, HEAD))
    if length > LONGEST:
        raise BadFrame("too long")
    return parse_frame(_exactly(connection, length))


def _exactly(connection: socket.socket, length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        piece = connection.recv(length - len(data))
        if not piece:
            raise EOFError
        data += piece
    return bytes(data)
