"""One channel of a guest: a menu, a verb or the drop box, served by a process of its own.

Invariants: the front only carries bytes; it never parses a command. Words go to the command face, never to a shell.
The exit status is sent, after everything that was written. Whatever ends the channel ends the process; whatever
keeps a process from starting ends the channel, in words.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import cast

import asyncssh

from sftp import terminal
from sftp.asked import LONGEST_COMMAND, Kind, environment, refusal_of
from sftp.clerk import Clerk
from sftp.data_packets import write_at_once
from sftp.events import Events
from sftp.guest import Guest
from sftp.letters import close_all
from sftp.refusals import LOST_PROCESS, no_room, no_subsystem
from sftp.session import Session, kind_of
from sftp.tuning import bound_environment, forward_nothing, keep_no_log, line_of, take_time
from sftp.turns import Carrier, Turns
from sftp.warm import Running, WarmParent
from sftp.wiring import Size, Wiring
from tanos.errors import TanosError
from tanos.faults import broken
from tanos.message import N_, Message

_KILLED = 128
STOPPING = N_("The appliance is stopping.")


class Channel(asyncssh.SSHServerSession[bytes]):
    """Carries one session between its client and its process."""

    def __init__(
        self,
        guest: Guest,
        warm: WarmParent,
        records: Clerk,
        siblings: set["Channel"],
        may_open_menu: Callable[[], TanosError | None] = lambda: None,
        note_refusal: Callable[[str, str], None] = lambda _, __: None,
        turns: Turns | None = None,
    ) -> None:
        self._guest = guest
        self._warm = warm
        self._records = records
        self._siblings = siblings
        self._may_open_menu = may_open_menu
        self._note_refusal = note_refusal
        self._turns = turns or Turns()
        self._carrier: Carrier | None = None
        self.heard = time.monotonic()
        """When the client last said something."""
        self.is_menu = False
        self._chan: asyncssh.SSHServerChannel[bytes]
        self._connection: asyncssh.SSHServerConnection
        self._wiring: Wiring
        self._terminal: tuple[str, Size, Mapping[int, int]] | None = None
        self._asked: tuple[Kind, str] = ("menu", "")
        self._refusal: TanosError | None = None
        self._room = asyncio.Event()
        self._room.set()
        self._lost = False
        self._goodbye = ""
        self._running: Running | None = None
        self._events: Events | None = None
        self.task: asyncio.Task[None] | None = None

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        """Remember the channel."""
        self._chan = chan
        self._wiring = Wiring(chan)
        keep_no_log(chan)
        write_at_once(chan)
        forward_nothing(chan, self._refused)
        bound_environment(chan, self._refused)
        self._siblings.add(self)
        self._connection = cast(asyncssh.SSHServerConnection, chan.get_connection())
        take_time(self._connection)

    def connection_lost(self, exc: Exception | None) -> None:
        """End the process that serves it, whatever it is doing."""
        self._lost = True
        self._siblings.discard(self)
        self._room.set()
        if self._running is not None:
            self._running.kill()
        self._wiring.let_go()

    @property
    def kind(self) -> Kind:
        """What it serves."""
        return self._asked[0]

    def dismiss(self, why: Message = STOPPING) -> bool:
        """Ask a menu to end, and say why, or tell a client that its verb or SFTP is about to be ended; say whether
        there is a menu that will."""
        kind, _ = self._asked
        if self._lost or self._running is None:
            return False
        if kind != "menu":
            self._wiring.complain(f"{why}\n".encode())
            return False
        self._goodbye = f"{why}\r\n"
        self._running.kill()
        return True

    def refresh(self) -> None:
        """Tell a menu that what stands above its lines is another."""
        kind, _ = self._asked
        if kind == "menu" and not self._lost and self._running is not None:
            self._running.refresh()

    def pty_requested(self, term_type: str, term_size: Size, term_modes: Mapping[int, int]) -> bool:
        """A terminal is made when the session starts, unless the key is to have none."""
        if not self._guest.may_have_terminal:
            return False
        self._terminal = (term_type, term_size, dict(term_modes))
        return True

    def shell_requested(self) -> bool:
        """A menu, instead of a shell."""
        return self._ask("menu", "")

    def exec_requested(self, command: str) -> bool:
        """A verb, or the menus by their word; nothing here understands anything else."""
        return self._ask(kind_of(command[:LONGEST_COMMAND]), command)

    def subsystem_requested(self, subsystem: str) -> bool:
        """The drop box; there is no other subsystem."""
        if subsystem != "sftp":
            self._refusal = no_subsystem()
        return self._ask("files", subsystem)

    def terminal_size_changed(self, width: int, height: int, pixwidth: int, pixheight: int) -> None:
        """Pass the size on; the kernel tells the session."""
        self._wiring.resize((width, height, pixwidth, pixheight))

    def break_received(self, msec: int) -> bool:
        """A break means nothing to a menu."""
        return False

    def signal_received(self, signal: str) -> None:
        """Signals of clients are not passed on: Ctrl-C travels as a byte."""

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        """From the client."""
        self.heard = time.monotonic()
        self._wiring.feed(data)
        if self._carrier is not None:
            self._carrier.bring(len(data))
        elif self.is_menu:
            self._turns.press(asyncio.get_running_loop().time())

    def eof_received(self) -> bool:
        """The client has no more to say; it may still listen."""
        self._wiring.end_input()
        return True

    def pause_writing(self) -> None:
        """The client is slow."""
        self._room.clear()
        self._wiring.pause()

    def resume_writing(self) -> None:
        """The client took what was waiting."""
        self._room.set()
        self._wiring.resume()

    def session_started(self) -> None:
        """Start the process, or say in one line why not."""
        if self._refusal is not None:
            self._refuse(self._refusal)
            return
        try:
            descriptors = self._connect()
        except OSError:
            self._give_up(no_room())
            return
        self.task = asyncio.create_task(self._serve(self._session(), descriptors))

    def _ask(self, kind: Kind, words: str) -> bool:
        self._asked = (kind, words)
        if self._refusal is None:
            self._refusal = refusal_of(kind, words, self._guest)
        if self._refusal is None and kind == "menu":
            self._refusal = self._may_open_menu()
            self.is_menu = self._refusal is None
        return True

    def _refused(self, what: str) -> None:
        self._note_refusal(what, "not-offered")

    def _refuse(self, why: TanosError) -> None:
        kind, _ = self._asked
        self._note_refusal(kind, why.id)
        self._give_up(why)

    def _session(self) -> Session:
        kind, words = self._asked
        return Session(
            kind=kind,
            home=str(self._guest.appliance.home),
            user=self._guest.user,
            role=self._guest.role.value,
            address=self._guest.address,
            key=self._guest.key,
            came_after=self._guest.came_after,
            session=self._guest.session,
            words=words,
            has_terminal=self._terminal is not None and kind != "files",
            direction=self._guest.direction,
            environment=environment(self._chan.get_environment(), self._terminal[0] if self._terminal else ""),
        )

    def _connect(self) -> list[int]:
        kind, _ = self._asked
        if kind == "files":
            self._events = Events(self._guest, self._records, self._wiring.answer)
            self._carrier = Carrier(self._turns, line_of(self._connection))
            return self._wiring.socket(self._events.feed)
        if self._terminal is not None:
            _, size, modes = self._terminal
            return self._wiring.terminal(size, modes, patient=kind == "menu")
        return self._wiring.pipes()

    async def _serve(self, session: Session, descriptors: list[int]) -> None:
        try:
            self._running = await self._warm.open(session, descriptors)
        except TanosError as error:
            self._give_up(error)
            return
        except OSError:
            self._give_up(no_room())
            return
        except Exception as error:
            self._give_up(broken(self._guest.appliance.home, "front door", error))
            return
        finally:
            close_all(descriptors)
        if self._lost:
            self._running.kill()
        status = await self._running.ended
        if status is None:
            self._finish(f"{LOST_PROCESS}\n", 1)
            return
        await self._wiring.ended()
        if status < 0 and session.has_terminal and session.kind == "menu":
            self._wiring.show(terminal.RESTORE)
        self._wiring.show(self._goodbye.encode())
        await self._drained()
        self._finish("", status if status >= 0 else _KILLED - status)

    def _give_up(self, why: TanosError) -> None:
        self._finish(" ".join(filter(None, (str(why.message), str(why.remedy), why.reference))) + "\n", why.exit_code)

    async def _drained(self) -> None:
        if not self._lost:
            self._chan.set_write_buffer_limits(0)
            await self._room.wait()

    def _finish(self, sentence: str, status: int) -> None:
        if not self._lost:
            self._wiring.complain(sentence.encode())
            self._chan.write_eof()
            self._chan.exit(status)
        self._wiring.let_go()
        if self._events is not None:
            self._events.close()
