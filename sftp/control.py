"""Terminals that another SSH server opened come here, and get sessions as warm as the door's own.

Invariants: the socket is for processes of this account alone, by its mode, its directory's and the system's word; who
comes is admitted here, and what he may is decided here, as at the door. That he came proves no way in by the door: he
confirms no change of it. A terminal is taken only after its giver let go of it. A giver that is gone ends its
session; one that says nothing is not waited for.
"""

import asyncio
import os
import re
import secrets
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sftp.admission import admitted, let_in_by, shown_key
from sftp.asked import LONGEST_COMMAND
from sftp.guest import NOT_BY_PASSWORD, Guest
from sftp.handing import ANSWER_SECONDS, SOCKET, let_through
from sftp.house import MOST_SESSIONS, House
from sftp.letters import close_all, receive, send, write_letter
from sftp.limits import too_many_menus
from sftp.refusals import no_room, too_long
from sftp.seated import Seated, refusal
from sftp.session import Session, kind_of
from sftp.sparing import counted
from sftp.watching import keep_going
from tanos.actor import Actor, Call
from tanos.errors import TanosError
from tanos.faults import write_fault
from tanos.inert import inert
from tanos.other_end import other_end
from tanos.platform import UserRole
from tanos.users.accounts import User

MOST_ASKING = 64
"""Connections that have not said yet what they want."""
_OF_TERMINAL = 3
_PAUSE = 1.0
_AFTER_A_FAULT = 5.0
_VALUE = re.compile(r"[A-Za-z0-9_.:@,=+-]{0,64}")


@dataclass(frozen=True)
class Asked:
    """What a giver wants served."""

    user: str
    words: str
    address: str
    key: str
    """The key that sshd let in, in base64; empty where it did not say."""
    has_terminal: bool
    environment: Mapping[str, str]

    @property
    def is_menu(self) -> bool:
        """Whether it counts as a menu."""
        return kind_of(self.words[:LONGEST_COMMAND]) == "menu"


class Control:
    """The socket of one house."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._asking: set[asyncio.Task[None]] = set()

    async def watch(self) -> None:
        """Take terminals until cancelled; where the socket cannot be made, consoles serve themselves."""
        run = self._house.appliance.run
        try:
            listener = listening(run)
        except OSError as error:
            write_fault(self._house.appliance.home, "console", error)
            return
        try:
            await keep_going(self._house.appliance.home, "console", lambda: self._take_all(listener), _AFTER_A_FAULT)
        finally:
            listener.close()
            with suppress(OSError):
                (run / SOCKET).unlink()
            for task in self._asking:
                task.cancel()

    async def _take_all(self, listener: socket.socket) -> None:
        while True:
            await self._accept(listener)

    async def _accept(self, listener: socket.socket) -> None:
        try:
            connection, _ = await asyncio.get_running_loop().sock_accept(listener)
        except OSError:
            await asyncio.sleep(_PAUSE)
            return
        if other_end(connection).account != os.geteuid() or len(self._asking) >= MOST_ASKING:
            connection.close()
            return
        connection.setblocking(False)
        task = asyncio.create_task(self._attend(connection))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _attend(self, connection: socket.socket) -> None:
        """Hear what one giver wants; seat it, or say why not."""
        self._house.warm.look()
        descriptors: list[int] = []
        is_seated = False
        try:
            letter, descriptors = await _next_letter(connection)
            asked = _understood(letter, descriptors)
            guest = self._guest(asked)
            send(connection, write_letter({"take": True, "is_menu": asked.is_menu}))
            said, _ = await _next_letter(connection)
            if "yours" in said:
                self._seat(connection, guest, asked, descriptors)
                is_seated = True
        except TanosError as error:
            with suppress(OSError):
                send(connection, write_letter(refusal(error)))
        except (OSError, ValueError, EOFError, TimeoutError):
            pass
        except Exception as error:
            write_fault(self._house.appliance.home, "console", error)
        finally:
            if not is_seated:
                close_all(descriptors)
                connection.close()

    def _guest(self, asked: Asked) -> Guest:
        """Return who comes. Raises TanosError where he may not; that is written down."""
        session = secrets.token_hex(4)
        try:
            account = self._admitted(asked)
            let_in = let_in_by(self._house.appliance, account.name, asked.key, asked.address)
        except TanosError as error:
            left_out = self._house.sparing.since_last((asked.user, str(error.message)))
            if left_out is not None:
                key = shown_key(asked.key)
                actor = Actor(inert(asked.user)[:64], UserRole.TANUSER, "door", session, asked.address, key)
                call = Call(self._house.appliance, actor, "sign-in")
                said = f"{error.message} {counted(left_out)}".strip()
                self._house.records.note(call, after=said, result=error.id)
            raise
        return Guest(
            self._house.appliance,
            account.name,
            account.role,
            asked.address,
            let_in.came_by.key if let_in else "",
            session,
            standing=(account.created_at, NOT_BY_PASSWORD),
            came_by=let_in.came_by if let_in else None,
        )

    def _admitted(self, asked: Asked) -> User:
        account = admitted(self._house.appliance, asked.user)
        if len(asked.words.encode("utf-8", "surrogateescape")) > LONGEST_COMMAND:
            raise too_long()
        if self._house.sessions_of(account.name) >= MOST_SESSIONS:
            raise no_room()
        if asked.is_menu:
            menus = self._house.menus_of(account.name)
            refusal = too_many_menus(account.name, menus, self._house.terms)
            if refusal is not None:
                raise refusal
        return account

    def _seat(self, connection: socket.socket, guest: Guest, asked: Asked, descriptors: list[int]) -> None:
        session = Session(
            kind="menu" if asked.is_menu else "verb",
            home=str(guest.appliance.home),
            user=guest.user,
            role=guest.role.value,
            address=guest.address,
            key=guest.key,
            came_after=guest.came_after,
            session=guest.channel(1).session,
            words=asked.words,
            has_terminal=asked.has_terminal,
            environment=asked.environment,
        )
        Seated(self._house, guest, connection, is_menu=asked.is_menu).serve(session, descriptors)


def listening(run: Path) -> socket.socket:
    """Return the socket of a home, made anew: who serves a home is alone in it. Raises OSError."""
    directory = os.open(run, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        listener.setblocking(False)
        os.fchmod(listener.fileno(), 0o600)  # what the file is made with
        with suppress(FileNotFoundError):
            os.unlink(SOCKET, dir_fd=directory)
        listener.bind(f"/proc/self/fd/{directory}/{SOCKET}")
        listener.listen(MOST_ASKING)
    except BaseException:
        listener.close()
        raise
    finally:
        os.close(directory)
    return listener


async def _next_letter(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Return the next letter. Raises EOFError, ValueError, OSError, TimeoutError."""
    loop, came = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(connection, came.set)
    try:
        await asyncio.wait_for(came.wait(), ANSWER_SECONDS)
    finally:
        loop.remove_reader(connection)
    arrived = receive(connection)
    if arrived is None:
        raise EOFError
    return arrived


def _understood(letter: Mapping[str, Any], descriptors: list[int]) -> Asked:
    """Return what a letter asks for. Raises ValueError where it is none of ours."""
    told = {name: letter.get(name) for name in ("user", "words", "address", "key")}
    environment = letter.get("environment")
    if len(descriptors) != _OF_TERMINAL or not all(isinstance(each, str) for each in told.values()):
        raise ValueError("no console")
    if not isinstance(environment, dict) or not all(isinstance(each, str) for each in environment.values()):
        raise ValueError("no environment")
    has_terminal = letter.get("has_terminal") is True
    if has_terminal != (os.isatty(descriptors[0]) and os.isatty(descriptors[1])):
        raise ValueError("no terminal")
    kept = {name: value for name, value in let_through(environment).items() if _VALUE.fullmatch(value)}
    return Asked(
        str(told["user"]),
        str(told["words"]),
        inert(str(told["address"]))[:64],
        str(told["key"]),
        has_terminal,
        dict(sorted(kept.items())[:32]),
    )
