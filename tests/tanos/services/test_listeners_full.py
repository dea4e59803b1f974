"""An IPv6 host has the places of one, however many of its addresses it comes from: both listeners count networks."""

import asyncio
import socket
from datetime import UTC, datetime
from typing import cast

import pytest

from tanos.certificates.pair_kinds import SOAP
from tanos.certificates.self_signed import self_signed
from tanos.services import listener, web_listener
from tanos.services.tls import https_server

HOSTS = ("2001:db8::1", "2001:db8::2:0", "2001:db8::3", "192.0.2.7", "2001:db8:0:1::1")
TAKEN = [True, True, False, True, True]
"""With two places for each."""


class Accepting:
    """A listening socket to which somebody came, from one address after the other."""

    def __init__(self) -> None:
        self._next, self.others = iter(HOSTS), list[socket.socket]()

    def accept(self) -> tuple[socket.socket, tuple[str, int]]:
        """Return who came next. Raises BlockingIOError."""
        address = next(self._next, "")
        if not address:
            raise BlockingIOError
        with socket.create_server(("127.0.0.1", 0)) as real:
            self.others.append(socket.create_connection(real.getsockname()))
            came, _ = real.accept()
        return came, (address, 1)

    def fileno(self) -> int:
        """Return that there is nothing to wait for."""
        return -1

    def close(self) -> None:
        """Let everybody go."""
        for each in self.others:
            each.close()


async def nobody(_: listener.Connection) -> None:
    """Serve."""


async def test_the_listener_of_the_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "MOST_OF_ONE", 2)
    coming, one = Accepting(), listener.Listener(None, nobody)
    one._socket.close()
    one._socket = cast(socket.socket, coming)
    one._accept()
    assert [_is_held(other) for other in coming.others] == TAKEN
    await asyncio.sleep(0)  # what was begun begins, and lets go of what it was given
    await one.close()


async def test_the_listener_of_the_console(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_listener, "MOST_OF_ONE", 2)
    key, certificate = self_signed(SOAP, "ts1", (), datetime.now(UTC))
    one = web_listener.WebListener(https_server((certificate + key).decode()), asyncio.Protocol)
    coming = Accepting()
    for _ in HOSTS:
        came, (address, _) = coming.accept()
        one.take(came, address)
    assert [_is_held(other) for other in coming.others] == TAKEN
    await asyncio.sleep(0)
    await one.close()
    coming.close()


def _is_held(other: socket.socket) -> bool:
    other.setblocking(False)
    try:
        return bool(other.recv(1))
    except BlockingIOError:
        return True
