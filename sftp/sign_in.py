"""One connection at the front door, from its first packet to its last: who signed in, and what he may open.

Invariants: keys are for all, a password by keyboard-interactive for users who have one; a right key is never made to
wait; who came in is decided once, when the proof is complete.
"""

import secrets
from collections.abc import Sequence

import asyncssh
from asyncssh.constants import OPEN_RESOURCE_SHORTAGE
from asyncssh.packet import PacketDecodeError

from sftp.by_key import ByKey
from sftp.by_password import Challenge, PasswordDialogue
from sftp.channel import Channel
from sftp.guest import Guest
from sftp.house import MOST_SESSIONS, House
from sftp.patience import network_of
from sftp.tuning import hurry, leave_out_ignores, suit_old_clients, take_longer, take_time, watch_the_line
from tanos.actor import Actor, Call
from tanos.faults import write_fault
from tanos.inert import inert
from tanos.platform import UserRole
from tanos.users.accounts import user

MOST_CHANNELS = 16
"""Open at once in one connection."""
DIALOGUE_SECONDS = 300
"""From a right password on: choosing a new one, or finding a device with codes, takes a person longer than typing."""
IDLE_SECONDS = 15
"""How long a silent connection is left alone before the system asks whether the client is there."""
_NONSENSE = PacketDecodeError | UnicodeDecodeError
"""What the library says of packets and names that it cannot read: a stranger's doing, and no fault to write down."""
_TOO_MANY = 14
"""RFC 4250: no more authentication methods available."""


class SignIn(asyncssh.SSHServer):
    """One connection, from the first packet to the last."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._connection: asyncssh.SSHServerConnection | None = None
        self._address = ""
        self.network = ""
        self._name = ""
        self._proven: tuple[str, str] = ("", "")
        self._channels = 0
        self._open_channels: set[Channel] = set()
        self._session = secrets.token_hex(4)
        self._came_after = -1
        self.guest: Guest | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Answer each packet of the handshake at once."""
        self._connection = conn
        self._came_after = self._house.newest_trial()
        peer = conn.get_extra_info("peername")
        self._address = str(peer[0]) if peer else ""
        self.network = network_of(self._address)
        self._keys = ByKey(self._house.appliance, self._address, self._turned_away)
        self._dialogue = PasswordDialogue(self._house, self.network, self._stranger)
        self._house.guests[self] = None
        self._house.make_room()
        hurry(conn)
        suit_old_clients(conn)
        leave_out_ignores(conn)
        watch_the_line(conn, IDLE_SECONDS, IDLE_SECONDS, 4)

    def connection_lost(self, exc: Exception | None) -> None:
        """Write down that a guest left."""
        self._house.guests.pop(self, None)
        self._connection = None
        if exc is not None and not isinstance(exc, asyncssh.Error | OSError | _NONSENSE):
            write_fault(self._house.appliance.home, "front door", exc)
        if self.guest is not None:
            self._house.records.note(self.guest.call("sign-out"))

    def begin_auth(self, username: str) -> bool:
        """Everybody has to prove who he is."""
        self._name = username
        self._proven = ("", "")
        return True

    def public_key_auth_supported(self) -> bool:
        """Keys are always welcome."""
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Say whether a key may sign in; the library asks again when it has a signature to verify."""
        fingerprint = self._keys.admits(username, key)
        self._proven = (username, fingerprint or "")
        return fingerprint is not None

    def password_auth_supported(self) -> bool:
        """Never: keyboard-interactive can ask more than one question, and clients do not script it by accident."""
        return False

    def kbdint_auth_supported(self) -> bool:
        """Passwords are asked for here."""
        return self._dialogue.is_offered_to(self._name)

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> Challenge:
        """Begin the dialogue."""
        return self._dialogue.begin()

    async def validate_kbdint_response(self, username: str, responses: Sequence[str]) -> Challenge | bool:
        """Go on with the dialogue, until somebody is in or has tried too often."""
        outcome = await self._dialogue.answer(username, responses)
        if isinstance(outcome, tuple) and self._connection is not None:
            take_longer(self._connection, DIALOGUE_SECONDS)
        if outcome is True:
            self._proven = (username, "")
        elif outcome is False and self._dialogue.is_over and self._connection is not None:
            self._connection.disconnect(_TOO_MANY, "Too many wrong passwords.")
        return outcome

    def auth_completed(self) -> None:
        """Remember who came in and by which key."""
        username, fingerprint = self._proven
        account = user(self._house.appliance, username)
        if self._connection is None or account is None or account.disabled:
            raise asyncssh.PermissionDenied("Not signed in.")
        self.guest = Guest(
            self._house.appliance,
            account.name,
            account.role,
            self._address,
            fingerprint,
            self._session,
            self._came_after,
        )
        self.guest = self._keys.welcome(self.guest, self._house.records)

    def session_requested(self) -> Channel | bool:
        """Open a channel for a menu, a verb or the drop box."""
        if self.guest is None or len(self._open_channels) >= MOST_CHANNELS:
            return False
        if self._house.sessions_of(self.guest.user) >= MOST_SESSIONS:
            raise asyncssh.ChannelOpenError(OPEN_RESOURCE_SHORTAGE, "This user has too many sessions open.")
        self._channels += 1
        house = self._house
        channel = Channel(self.guest.channel(self._channels), house.warm, house.records, self._open_channels)
        if self._connection is not None:
            take_time(self._connection)
        return channel

    def _turned_away(self, username: str, fingerprint: str, why: str) -> None:
        self._house.records.note(self._stranger(username), about=fingerprint, result=why)

    def _stranger(self, username: str) -> Call:
        actor = Actor(inert(username)[:64], UserRole.TANUSER, "door", self._session, self._address)
        return Call(self._house.appliance, actor, "sign-in")

    def dismiss(self) -> bool:
        """Ask its menus to end; say whether there is one that will."""
        return sum(channel.dismiss() for channel in self._open_channels) > 0

    async def gone(self) -> None:
        """Wait until the client has gone."""
        if self._connection is not None:
            await self._connection.wait_closed()

    async def leave(self) -> None:
        """Close the connection, and wait until it is."""
        if self._connection is not None:
            self._connection.close()
            await self._connection.wait_closed()

    def turn_out(self) -> None:
        """Break the connection off."""
        if self._connection is not None:
            self._connection.abort()

    def channels(self) -> Sequence[Channel]:
        """Return the open channels."""
        return tuple(self._open_channels)
