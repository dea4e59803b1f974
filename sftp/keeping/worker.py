"""The keeper's process: it has the private keys, and does what it is asked over connections, each in a thread.

Invariants: a connection has the rights that came with it, and no request changes them. A slow request holds up nobody
else's. A root key is loaded once for all. What goes wrong is answered, and written down where it is a fault of the
program; no private key is in any answer. When nobody can ask any more, what was begun is finished.
"""

import json
import os
import socket
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sftp.keeping.rights import Part, Rights
from sftp.keeping.soon import BEAT, GREETING
from sftp.keeping.wire import error_data, receive, send
from tanos.appliance import Appliance
from tanos.errors import NotToBeAsked, TanosError
from tanos.faults import broken
from tanos.inert import inert
from tanos.keeper import Keeper, for_another

MOST_CONNECTIONS = 4
"""Of one line."""
MOST_FAULTS = 100
"""That are written down: whoever asks might know how to cause them."""
FINISH_SECONDS = 10.0
_LETTER = 4096
_TURN = 0.0005
"""Seconds that one request computes while others wait for the interpreter."""


class Worker:
    """Serves connections until the guardian is gone."""

    def __init__(self, appliance: Appliance) -> None:
        self._appliance = appliance
        self._keeper = Keeper(appliance, for_others=True)
        self._open: Counter[int] = Counter()
        self._busy = 0
        self._faults = 0
        self._lock = threading.Lock()
        self._calm = threading.Condition(self._lock)
        sys.setswitchinterval(_TURN)

    def run(self, control: socket.socket) -> None:
        """Take connections from `control`; return when it is closed and what was begun is done."""
        while True:
            data, descriptors, _, _ = socket.recv_fds(control, _LETTER, 1, socket.MSG_CMSG_CLOEXEC)
            if not data:
                break
            if descriptors:
                said = json.loads(data)
                self._take(descriptors[0], said["line"], Rights(Part(said["part"]), said["user"]))
            else:
                with suppress(OSError):
                    control.send(BEAT)
        with self._calm:
            self._calm.wait_for(lambda: not self._busy, FINISH_SECONDS)

    def _take(self, descriptor: int, line: int, rights: Rights) -> None:
        try:
            connection = socket.socket(fileno=descriptor)
        except OSError:  # whoever asks may send what is none
            os.close(descriptor)
            return
        with self._lock:
            self._open[line] += 1
            refused = self._open[line] > MOST_CONNECTIONS
        if refused:
            self._leave(connection, line)
            return
        try:
            threading.Thread(target=self._serve, args=(connection, line, rights), daemon=True).start()
        except RuntimeError:
            self._leave(connection, line)

    def _leave(self, connection: socket.socket, line: int) -> None:
        connection.close()
        with self._lock:
            self._open[line] -= 1
            if not self._open[line]:
                del self._open[line]

    def _serve(self, connection: socket.socket, line: int, rights: Rights) -> None:
        keeper = for_another(self._keeper)
        try:
            connection.sendall(GREETING)
            while True:
                asked = receive(connection)
                with self._at_work():
                    send(connection, self._answer(keeper, rights, asked))
        except (OSError, EOFError, ValueError):
            pass
        finally:
            self._leave(connection, line)

    def _answer(self, keeper: Keeper, rights: Rights, asked: Any) -> dict[str, Any]:
        try:
            if not isinstance(asked, list) or len(asked) != 2:
                raise NotToBeAsked("not to be asked")
            method, words = asked
            if not isinstance(method, str) or not isinstance(words, list) or not rights.allow(method, words):
                raise NotToBeAsked(f"not to be asked: {method}")
            return {"value": getattr(keeper, method)(*words)}
        except TanosError as error:
            return {"error": error_data(error)}
        except NotToBeAsked as error:
            return {"wrong": inert(str(error)[:100])}
        except Exception as error:
            self._faults += 1
            home = self._appliance.home if self._faults <= MOST_FAULTS else None
            return {"error": error_data(broken(home, "keeper", error))}

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        """Count a request in flight."""
        with self._lock:
            self._busy += 1
        try:
            yield
        finally:
            with self._calm:
                self._busy -= 1
                self._calm.notify_all()


def work(appliance: Appliance, control: socket.socket) -> None:
    """Be the keeper until nobody can ask any more; then leave without running down what others share."""
    status = 1
    try:
        Worker(appliance).run(control)
        status = 0
    except Exception as error:
        broken(appliance.home, "keeper", error)
    finally:
        os._exit(status)
