"""One connection at the front door, from its first packet to its last: who signed in, and what he may open.

Invariants: keys are for all, a password by keyboard-interactive for users who have one; a right key is never made to
wait; who came in is decided once, when the proof is complete.
"""

import asyncio
import secrets
import time
from collections.abc import Sequence

import asyncssh
from asyncssh.constants import OPEN_RESOURCE_SHORTAGE
from asyncssh.packet import PacketDecodeError

from sftp.algorithms import old_among
from sftp.by_key import ByKey, judge_certificates
from sftp.by_password import Challenge, PasswordDialogue
from sftp.channel import Channel
from sftp.data_packets import DataPackets
from sftp.guest import Guest
from sftp.house import MOST_SESSIONS, House
from sftp.limits import Stay, too_many_menus
from sftp.penalties import unchecked
from sftp.proofs import note_proved
from sftp.sparing import counted
from sftp.staying import Staying
from sftp.tuning import (
    hold_back,
    hurry,
    note_choices,
    prove_host_keys,
    say_why,
    suit_old_clients,
    take_longer,
    watch_the_line,
)
from tanos.actor import Actor, Call
from tanos.door.networks import network_of
from tanos.door.rules import let_in
from tanos.faults import write_fault
from tanos.inert import inert
from tanos.platform import UserRole
from tanos.users.accounts import user

MOST_CHANNELS = 16
"""Open at once in one connection."""
NOT_FROM_HERE = "not-from-here"
_NOT_ALLOWED = 1
"""RFC 4250: host not allowed to connect."""
MOST_UNKNOWN_KEYS = 100
"""Offered in one connection: more than any agent holds."""
DIALOGUE_SECONDS = 300
"""From a right password on: choosing a new one, or finding a device with codes, takes a person longer than typing."""
IDLE_SECONDS = 15
"""How long a silent connection is left alone before the system asks whether the client is there."""
_NONSENSE = PacketDecodeError | UnicodeDecodeError
"""What the library says of packets and names that it cannot read: a stranger's doing, and no fault to write down."""
_TOO_MANY = 14
"""RFC 4250: no more authentication methods available."""


class SignIn(Staying):
    """One connection, from the first packet to the last."""

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self._address = ""
        self.network = ""
        self._name = ""
        self._proven: tuple[str, str] = ("", "")
        self._channels = 0
        self._session = secrets.token_hex(4)
        self._came_after = -1
        self.has_guessed = False
        self._chosen: set[str] = set()
        self._greeted = False

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
        self._house.warm.look()
        judge_certificates(conn, self._certified)
        hold_back(conn, self._owes_code)
        say_why(conn)
        hurry(conn)
        suit_old_clients(conn)
        self._chosen = note_choices(conn)
        if self._house.prove is not None:
            prove_host_keys(conn, self._house.prove, lambda blob: note_proved(self._house, self.guest, blob))
        DataPackets(conn)
        watch_the_line(conn, IDLE_SECONDS, IDLE_SECONDS, 4)

    def connection_lost(self, exc: Exception | None) -> None:
        """Write down that a guest left."""
        self._house.guests.pop(self, None)
        self._connection = None
        if exc is not None and not isinstance(exc, asyncssh.Error | OSError | _NONSENSE):
            write_fault(self._house.appliance.home, "front door", exc)
        if self.guest is not None:
            self._house.records.note(self.guest.call("sign-out"), after=self._end or self.not_written)
        elif self._keys.saw_strange and not self.has_guessed:
            self._house.penalties.unknown_keys(self.network)

    def begin_auth(self, username: str) -> bool:
        """Everybody has to prove who he is, and users to come from where they may."""
        self._name = username
        self._proven = ("", "")
        self._dialogue.follows_key = False
        self._greet()
        if not let_in(self._house.terms.rules, self._address, username):
            self._turn_away(username)
        return True

    def public_key_auth_supported(self) -> bool:
        """Keys are always welcome, until one was proved and only its code is wanted."""
        return not self._dialogue.follows_key

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Say whether a key may sign in; the library asks again when it has a signature to verify."""
        fingerprint = self._keys.admits(username, key)
        if fingerprint and not any(self._proven):
            self._house.expect(username)
        self._proven = (username, fingerprint or "")
        self._bound_offers()
        return fingerprint is not None

    def _bound_offers(self) -> None:
        if self._keys.refused > MOST_UNKNOWN_KEYS and self._connection is not None:
            self._connection.disconnect(_TOO_MANY, "Too many unknown keys.")

    def _certified(self, username: str, blob: bytes) -> asyncssh.SSHKey | None:
        key = self._keys.certified(username, blob)
        if self._keys.proof is not None:
            self._proven = (username, self._keys.proof.key)
        self._bound_offers()
        return key

    def password_auth_supported(self) -> bool:
        """Never: keyboard-interactive can ask more than one question, and clients do not script it by accident."""
        return False

    def kbdint_auth_supported(self) -> bool:
        """Passwords are asked for here."""
        return self._dialogue.is_offered_to(self._name)

    async def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> Challenge:
        """Begin the dialogue; where passwords are not checked just now, say so instead of asking for one."""
        asked = (
            await self._dialogue.begin_after_key(username) if self._dialogue.follows_key else self._dialogue.begin()
        )
        penalty = self._house.penalties.refuses(self.network) if self._dialogue.wants_password else None
        return asked if penalty is None else ("", unchecked(penalty), "en-US", [])

    async def validate_kbdint_response(self, username: str, responses: Sequence[str]) -> Challenge | bool:
        """Go on with the dialogue, until somebody is in or has tried too often."""
        self.has_guessed = self.has_guessed or self._house.penalties.refuses(self.network) is not None
        try:
            outcome = await self._dialogue.answer(username, responses)
        except asyncio.CancelledError:  # he did not wait to hear it
            self.has_guessed = True
            raise
        self.has_guessed = self.has_guessed or (outcome is False and not self._dialogue.is_given_up)
        if isinstance(outcome, tuple) and self._connection is not None:
            take_longer(self._connection, DIALOGUE_SECONDS)
        if outcome is True and not self._dialogue.follows_key:
            self._proven = (username, "")
        elif outcome is False and self._dialogue.why_over and self._connection is not None:
            self._connection.disconnect(_TOO_MANY, self._dialogue.why_over)
        return outcome

    def _owes_code(self) -> bool:
        username, fingerprint = self._proven
        return bool(fingerprint) and self._dialogue.wants_code_after_key(username)

    def auth_completed(self) -> None:
        """Remember who came in and by which key."""
        username, fingerprint = self._proven
        account = user(self._house.appliance, username)
        if self._connection is None or account is None or account.disabled:
            raise asyncssh.PermissionDenied("Not signed in.")
        standing = account.created_at, account.password_epoch
        if not fingerprint and standing != self._dialogue.standing:
            raise asyncssh.PermissionDenied("Not signed in.")
        self.guest = Guest(
            self._house.appliance,
            account.name,
            account.role,
            self._address,
            fingerprint,
            self._session,
            self._came_after,
            standing=standing,
        )
        now = time.monotonic()
        self._stay = Stay(now, now)
        for name in old_among(self._chosen):
            self._house.records.note(self.guest.call("old-algorithm"), about=name)
        self.guest = self._keys.welcome(self.guest, self._house.records)

    def session_requested(self) -> Channel | bool:
        """Open a channel for a menu, a verb or the drop box."""
        if self.guest is None or len(self._open_channels) >= MOST_CHANNELS:
            return False
        if self._house.sessions_of(self.guest.user) >= MOST_SESSIONS:
            raise asyncssh.ChannelOpenError(OPEN_RESOURCE_SHORTAGE, "This user has too many sessions open.")
        self._channels += 1
        house, user = self._house, self.guest.user
        return Channel(
            self.guest.channel(self._channels),
            house.warm,
            house.records,
            self._open_channels,
            lambda: too_many_menus(user, house.menus_of(user), house.terms),
            self.note_refusal,
            house.turns,
        )

    def _turned_away(self, username: str, fingerprint: str, why: str) -> None:
        left_out = self._house.sparing.since_last((self.network, f"{why} {username} {fingerprint}"))
        if left_out is not None:
            self._house.records.note(self._stranger(username), fingerprint, counted(left_out), why)

    def _greet(self) -> None:
        if self._house.terms.banner and not self._greeted and self._connection is not None:
            self._greeted = True
            self._connection.send_auth_banner(self._house.terms.banner)

    def _turn_away(self, username: str) -> None:
        """End the connection of a user who comes from where no rule lets him in; written down once a minute."""
        left_out = self._house.sparing.since_last((self.network, NOT_FROM_HERE))
        if left_out is not None:
            self._house.records.note(self._stranger(username), after=counted(left_out), result=NOT_FROM_HERE)
        if self._connection is not None:
            self._connection.disconnect(_NOT_ALLOWED, "Users do not sign in from this network.")

    def _stranger(self, username: str) -> Call:
        actor = Actor(inert(username)[:64], UserRole.TANUSER, "door", self._session, self._address)
        return Call(self._house.appliance, actor, "sign-in")
