"""Who may come in, and how: keys for all, a password by keyboard-interactive for users who have one.

Invariants: nobody is told whether a user exists; a wrong password costs the guesser time before it costs the
appliance a hash, and one hash is computed at a time; a right key is never made to wait. A key counts as used only
once its signature was verified.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

import asyncssh

from sftp.channel import Channel
from sftp.clerk import Clerk
from sftp.guest import Guest
from sftp.patience import Patience
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
MOST_STRANGERS = 128
"""Connections that have not signed in yet; when there are more, the oldest has to go."""
MOST_CHANNELS = 16
"""Open at once in one connection."""
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

    def make_room(self) -> None:
        """Turn out the oldest connection that has not signed in, where there are too many of those."""
        strangers = [guest for guest in self.guests if guest.guest is None]
        if len(strangers) > MOST_STRANGERS:
            strangers[0].turn_out()


class SignIn(asyncssh.SSHServer):
    """One connection, from the first packet to the last."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._connection: asyncssh.SSHServerConnection | None = None
        self._address = ""
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
        """Offered to all but those who are known to have no password; unknown users cannot tell."""
        account = user(self._house.appliance, self._name)
        return account is None or account.has_password

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> _Challenge:
        """Ask for the password."""
        return "", "", "en-US", [("Password: ", False)]

    async def validate_kbdint_response(self, username: str, responses: Sequence[str]) -> bool:
        """Check a password, after the delay that earlier failures from this address earned."""
        self._tries += 1
        patience = self._house.patience
        await patience.wait(self._address)
        typed = Secret(responses[0] if len(responses) == 1 else "")
        right = await self._house.passwords.ask(lambda appliance: check_password(appliance, username, typed))
        if right:
            patience.forgive(self._address)
            self._proven = (username, "")
            return True
        patience.remember(self._address)
        self._house.records.note(self._stranger(username), result="wrong-password")
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
        self._channels += 1
        house = self._house
        channel = Channel(self.guest.channel(self._channels), house.warm, house.records, self._open_channels)
        if self._connection is not None:
            take_time(self._connection)
        return channel

    def _stranger(self, username: str) -> Call:
        actor = Actor(inert(username)[:64], UserRole.TANUSER, "door", self._session, self._address)
        return Call(self._house.appliance, actor, "sign-in")

    def leave(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()

    def turn_out(self) -> None:
        """Break the connection off."""
        if self._connection is not None:
            self._connection.abort()

    def channels(self) -> Sequence[Channel]:
        """Return the open channels."""
        return tuple(self._open_channels)
