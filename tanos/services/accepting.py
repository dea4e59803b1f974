"""A listening socket: whoever comes is handed on at once, in the very step in which he is accepted.

Invariant: between the system and who takes him nobody is held by a task, so that none is lost where one is cancelled.
Where the system has no room, it goes on a little later.
"""

import asyncio
import socket
from collections.abc import Callable

_BACKLOG, _AT_ONCE, _PAUSE = 1024, 64, 0.2
Take = Callable[[socket.socket, str], None]
"""Has a connection from an address be served, or closes it."""


class Accepting:
    """At one port."""

    def __init__(self, take: Take) -> None:
        self._take = take
        self._socket = socket.socket()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._socket.getsockname()[1])

    def open(self, address: str, port: int) -> None:
        """Listen. Raises OSError."""
        self.close()
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._socket = socket.create_server((address, port), family=family, backlog=_BACKLOG)
        self._socket.setblocking(False)
        self._listen()

    def close(self) -> None:
        """Listen no more."""
        if self._socket.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    def _listen(self) -> None:
        if self._socket.fileno() >= 0:
            asyncio.get_running_loop().add_reader(self._socket, self._accept)

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                came, where = self._socket.accept()
            except BlockingIOError:
                return
            except OSError:
                loop = asyncio.get_running_loop()
                loop.remove_reader(self._socket)
                loop.call_later(_PAUSE, self._listen)
                return
            self._take(came, str(where[0]))
