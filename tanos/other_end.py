"""Who is at the other end of a connection within this machine, as the system knows it and nobody can feign.

What is told is who it was when it connected, or began to listen: a process that has gone since may have a successor
of the same number.
"""

import socket
import struct
from typing import NamedTuple

_CREDENTIALS = struct.Struct("3i")


class OtherEnd(NamedTuple):
    """A process, by its number, and the account that it ran as."""

    process: int
    account: int


def other_end(connection: socket.socket) -> OtherEnd:
    """Return who is there. Raises OSError where it is no connection within this machine."""
    told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    process, account, _ = _CREDENTIALS.unpack(told)
    return OtherEnd(process, account)
