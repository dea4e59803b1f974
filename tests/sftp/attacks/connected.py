"""A client whose server is a thread of this process: thousands of connections in seconds, without a fork.

Invariant: everything but the process is the real one: the socket, the protocol, the box, the thread that publishes.
"""

import os
import socket
import threading
from pathlib import Path

from sftp.files.box import Box
from sftp.files.handler import Handler, run
from sftp.files.places import INCOMING, OUTGOING, Place
from sftp.files.server import DropBoxServer
from sftp.files.upload import tag_of
from tests.sftp.attacks.model import Connection
from tests.sftp.attacks.model import Handle as Known
from tests.sftp.attacks.wire import Wire

PROTECTED = "reporting-1A2B.csr"
"""What an open exchange stands on."""
_PATIENCE = 120.0
"""Seconds after which a server hangs, and is not only on a busy machine."""


class Connected:
    """A client with the server in a thread of this process, and what the model knows of both."""

    def __init__(self, dropbox: Path, key: str, *, ahead: bool) -> None:
        self.known = Connection(key, ahead)
        self.handles: dict[Known, bytes] = {}
        ours, self._theirs = socket.socketpair()
        ours.settimeout(_PATIENCE)
        self.wire = Wire(ours)
        self._box = Box(dropbox, tag_of(key), PROTECTED.__eq__)
        self._server = DropBoxServer(self._box, lambda *_: None)
        self._failures: list[str] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        self.wire.greet()

    def leave(self) -> None:
        """Go; what failed after its CLOSE was answered has to be told now."""
        self.wire.link.close()
        self._thread.join(_PATIENCE)
        assert not self._thread.is_alive(), "the server goes on without its client"
        told = {line.split(":")[0].removeprefix("/incoming/") for line in self._failures}
        assert told == self.known.owed, (told, self.known.owed)

    def _serve(self) -> None:
        with self._theirs:
            run(Handler(self._server, self._theirs))
            self._failures = self._server.publisher.close()
        for name in (INCOMING, OUTGOING):  # in a process of its own they are closed by its end
            os.close(self._box.directory(Place(name)))
