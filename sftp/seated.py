"""One guest whose terminal another SSH server opened: his session, for as long as his terminal's giver is there.

Invariants: he counts among those who are here: what ends a session of the door ends this one, in the same words, and
what is written down of one is written down of the other. The terminal's giver hears how the session ended.
"""

import asyncio
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from sftp.channel import STOPPING
from sftp.guest import Guest
from sftp.house import House
from sftp.keeping.wire import error_data, pack
from sftp.letters import close_all, receive, send, write_letter
from sftp.limits import Stay
from sftp.refusals import no_room
from sftp.session import Session
from sftp.warm import Running
from tanos.errors import TanosError
from tanos.faults import broken
from tanos.message import Message

SAID = "by another server"
"""What the audit says of how he was let in."""


def refusal(error: TanosError) -> dict[str, Any]:
    """Return the letter that tells the terminal's giver of a refusal, for him to say in the operator's language."""
    return {"refused": pack(error_data(error))}


class Seated:
    """A visitor and his one session."""

    network = ""
    has_guessed = False

    def __init__(self, house: House, guest: Guest, connection: socket.socket, *, is_menu: bool) -> None:
        self.guest: Guest | None = guest
        self.is_menu = is_menu
        self.task: asyncio.Task[None] | None = None
        self._house = house
        self._guest = guest
        self._connection = connection
        self._began = time.monotonic()
        self._running: Running | None = None
        self._is_lost = False
        self._goodbye = ""
        self._end = ""

    def serve(self, session: Session, descriptors: list[int]) -> None:
        """Have the session served to its end; the descriptors are closed here."""
        self._house.guests[self] = None
        self._house.records.note(self._guest.call("sign-in"), after=SAID)
        asyncio.get_running_loop().add_reader(self._connection, self._hear)
        self.task = asyncio.create_task(self._serve(session, descriptors))

    async def _serve(self, session: Session, descriptors: list[int]) -> None:
        try:
            told = await self._ended(session, descriptors)
        finally:
            self._house.guests.pop(self, None)
            self._house.records.note(self._guest.call("sign-out"), after=self._end)
            asyncio.get_running_loop().remove_reader(self._connection)
        with self._connection, suppress(OSError):
            send(self._connection, write_letter(told))

    async def _ended(self, session: Session, descriptors: list[int]) -> dict[str, Any]:
        """Return what the terminal's giver is told."""
        try:
            self._running = await self._house.warm.open(session, descriptors)
        except TanosError as error:
            return refusal(error)
        except (OSError, ValueError):
            return refusal(no_room())
        except Exception as error:
            return refusal(broken(self._guest.appliance.home, "front door", error))
        finally:
            close_all(descriptors)
        if self._is_lost:
            self._running.kill()
        return {"exit": await self._running.ended, "say": self._goodbye}

    def _hear(self) -> None:
        """Take what the terminal's giver says: that the session is to end, or nothing any more."""
        try:
            arrived = receive(self._connection)
        except BlockingIOError:
            return
        except (OSError, ValueError):
            arrived = None
        if arrived is None:
            asyncio.get_running_loop().remove_reader(self._connection)
        else:
            close_all(arrived[1])
        self.turn_out()

    def channels(self) -> Sequence["Seated"]:
        """Return the one session."""
        return (self,)

    def refresh(self) -> None:
        """Tell a menu that what stands above its lines is another."""
        if self.is_menu and self._running is not None:
            self._running.refresh()

    def look(self, now: float) -> None:
        """Have it end where it was here for too long."""
        overdue = Stay(self._began, now).overdue(self._house.terms, (), now)
        if overdue is not None and not self._end:
            self._end, why = overdue
            self.dismiss(why)

    def dismiss(self, why: Message | None = None) -> bool:
        """Ask the session to end, and have it said why; say whether it is a menu, which will."""
        if self._running is not None and self._running.ended.done():
            return False
        self._goodbye = f"{why or STOPPING}\n"
        self.turn_out()
        return self.is_menu

    def turn_out(self) -> None:
        """Have the session end."""
        self._is_lost = True
        if self._running is not None:
            self._running.kill()

    async def gone(self) -> None:
        """Wait until the session has ended."""
        if self.task is not None:
            await asyncio.wait({self.task})

    async def leave(self) -> None:
        """End the session, and wait until it has."""
        self.turn_out()
        await self.gone()
