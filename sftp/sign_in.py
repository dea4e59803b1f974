"""Who may come in, and how: keys for all, a password by keyboard-interactive for users who have one.

Invariants: nobody is told whether a user exists; a wrong password costs the guesser time before it costs the
appliance a hash, one hash is computed at a time, and a guess counts although its connection is given up; a right key
is never made to wait. A key counts as used only once its signature was verified. What one network or one user can
keep open has an end.
"""

import asyncio
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import asyncssh
from asyncssh.constants import OPEN_RESOURCE_SHORTAGE

from sftp.channel import Channel
from sftp.clerk import Clerk
from sftp.guest import Guest
from sftp.patience import Outcome, Patience, network_of
from sftp.tuning import hurry, leave_out_ignores, suit_old_clients, take_time, watch_the_line
from sftp.warm import WarmParent
from tanos.actor import Actor, Call
from tanos.appliance import Appliance
from tanos.faults import write_fault
from tanos.inert import inert
from tanos.keys.authorized import is_authorized
from tanos.platform import UserRole
from tanos.secret import Secret
from tanos.users.accounts import user
from tanos.users.password import check_password

MOST_TRIES = 6
"""Passwords a connection."""
MOST_STRANGERS = 256
"""Connections that have not signed in yet; when there are more, the oldest of the most crowded network has to go."""
MOST_STRANGERS_OF_ONE = 128
"""The same, of one network."""
MOST_CHANNELS = 16
"""Open at once in one connection."""
MOST_SESSIONS = 256
"""Open at once by one user."""
IDLE_SECONDS = 15
"""How long a silent connection is left alone before the system asks whether the client is there."""
_Challenge = tuple[str, str, str, Sequence[tuple[str, bool]]]
_TOO_MANY = 14
"""RFC 4250: no more authentication methods available."""


@dataclass
class House:
    """What all connections of one door share."""

    appliance: Appliance
    warm: WarmParent
    records: Clerk
    passwords: Clerk
    patience: Patience = field(default_factory=Patience)
    guests: dict["SignIn", None] = field(default_factory=dict)
    """Every open connection, the oldest first."""

    guesses: set[asyncio.Task[bool]] = field(default_factory=set)
    """Passwords that wait or are checked."""

    def make_room(self) -> None:
        """Turn out a connection that has not signed in, where there are too many of those."""
        strangers = [guest for guest in self.guests if guest.guest is None]
        (crowd, size), *_ = Counter(guest.network for guest in strangers).most_common(1)
        if size > MOST_STRANGERS_OF_ONE or len(strangers) > MOST_STRANGERS:
            oldest = next(guest for guest in strangers if guest.network == crowd)
            del self.guests[oldest]  # at once: many may arrive before its end is noticed, and each must find another
            oldest.turn_out()

    def sessions_of(self, user: str) -> int:
        """Count the open channels of a user."""
        return sum(len(each.channels()) for each in self.guests if each.guest and each.guest.user == user)

    async def guess(self, network: str, call: Call, username: str, typed: Secret) -> bool:
        """Check a password when its turn comes; a guess that began is finished, whoever still waits for it."""
        guess = asyncio.create_task(self._guess(network, call, username, typed))
        self.guesses.add(guess)
        guess.add_done_callback(self.guesses.discard)
        return await asyncio.shield(guess)

    async def _guess(self, network: str, call: Call, username: str, typed: Secret) -> bool:
        async def check() -> bool:
            return await self.passwords.ask(lambda appliance: check_password(appliance, username, typed))

        outcome = await self.patience.check(network, check)
        if outcome is not Outcome.RIGHT:
            self.records.note(call, result=outcome.value)
        return outcome is Outcome.RIGHT


class SignIn(asyncssh.SSHServer):
    """One connection, from the first packet to the last."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._connection: asyncssh.SSHServerConnection | None = None
        self._address = ""
        self.network = ""
        self._name = ""
        self._proven: tuple[str, str] = ("", "")
        self._tries = 0
        self._channels = 0
        self._open_channels: set[Channel] = set()
        self._session = secrets.token_hex(4)
        self.guest: Guest | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Answer each packet of the handshake at once."""
        self._connection = conn
        peer = conn.get_extra_info("peername")
        self._address = str(peer[0]) if peer else ""
        self.network = network_of(self._address)
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
        if exc is not None and not isinstance(exc, asyncssh.Error | OSError):
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
        key.all_sig_algorithms = {name for name in key.all_sig_algorithms if name != b"ssh-rsa"}
        fingerprint = is_authorized(self._house.appliance, username, key.algorithm.decode("ascii"), key.public_data)
        self._proven = (username, fingerprint or "")
        return fingerprint is not None

    def password_auth_supported(self) -> bool:
        """Never: keyboard-interactive can ask more than one question, and clients do not script it by accident."""
        return False

    def kbdint_auth_supported(self) -> bool:
        """Offered to every name but the one whose part in it everybody knows; accounts cannot be told by it."""
        return self._name != UserRole.TANCOPY.value

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> _Challenge:
        """Ask for the password."""
        return "", "", "en-US", [("Password: ", False)]

    async def validate_kbdint_response(self, username: str, responses: Sequence[str]) -> bool:
        """Check a password, in line with others from this network and after the delay that it earned."""
        self._tries += 1
        typed = Secret(responses[0] if len(responses) == 1 else "")
        if await self._house.guess(self.network, self._stranger(username), username, typed):
            self._proven = (username, "")
            return True
        if self._tries >= MOST_TRIES and self._connection is not None:
            self._connection.disconnect(_TOO_MANY, "Too many wrong passwords.")
        return False

    def auth_completed(self) -> None:
        """Remember who came in and by which key."""
        username, fingerprint = self._proven
        account = user(self._house.appliance, username)
        if self._connection is None or account is None or account.disabled:
            raise asyncssh.PermissionDenied("Not signed in.")
        self.guest = Guest(
            self._house.appliance, account.name, account.role, self._address, fingerprint, self._session
        )
        self._house.records.note(self.guest.call("sign-in"), after="key" if fingerprint else "password")

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
