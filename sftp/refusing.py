"""What a connection asks for in vain: whatever is neither menu, verb nor SFTP.

Invariants: nothing is forwarded in either direction, and no socket, tunnel, display or agent is opened for anybody.
What was asked for is written down; who asks on and on fills no audit.
"""

import asyncssh
from asyncssh.constants import OPEN_ADMINISTRATIVELY_PROHIBITED

from sftp.clerk import Clerk
from sftp.guest import Guest
from tanos.message import N_

MOST_REFUSALS = 32
"""Refusals of one connection that are written down one by one."""


class Refusing(asyncssh.SSHServer):
    """A connection by which nothing is forwarded."""

    def __init__(self, records: Clerk) -> None:
        self._records = records
        self._refusals = 0
        self.guest: Guest | None = None

    @property
    def not_written(self) -> str:
        """Say, for the audit, how many refusals were not written down; empty where all were."""
        left_out = self._refusals - MOST_REFUSALS
        return f"{left_out} refusals not written" if left_out > 0 else ""

    def note_refusal(self, what: str, why: str) -> None:
        """Write down what was asked for in vain, and the id of the refusal."""
        self._refusals += 1
        if self.guest is not None and self._refusals <= MOST_REFUSALS:
            self._records.note(self.guest.call(what), result=why)

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> bool:
        """Nothing is forwarded from here. Raises ChannelOpenError."""
        return self._opens_nothing("forwarding")

    def server_requested(self, listen_host: str, listen_port: int) -> bool:
        """Nothing is forwarded to here."""
        return self._forwards_nothing("remote forwarding")

    def unix_connection_requested(self, dest_path: str) -> bool:
        """No socket is reached from outside. Raises ChannelOpenError."""
        return self._opens_nothing("forwarding")

    def unix_server_requested(self, listen_path: str) -> bool:
        """No socket is made for anybody."""
        return self._forwards_nothing("remote forwarding")

    def tun_requested(self, unit: int | None) -> bool:
        """There are no tunnels. Raises ChannelOpenError."""
        return self._opens_nothing("tunnel")

    def tap_requested(self, unit: int | None) -> bool:
        """There are no tunnels. Raises ChannelOpenError."""
        return self._opens_nothing("tunnel")

    def _opens_nothing(self, what: str) -> bool:
        """Say that it is not allowed: the library would say that nobody answered there."""
        self._forwards_nothing(what)
        raise asyncssh.ChannelOpenError(
            OPEN_ADMINISTRATIVELY_PROHIBITED, str(N_("Nothing is forwarded by this appliance."))
        )

    def _forwards_nothing(self, what: str) -> bool:
        self.note_refusal(what, "not-offered")
        return False
