"""An IPv6 host has the places of one, however many of its addresses it comes from: both listeners count networks."""

import asyncio
import socket
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tanos.certificates.pair_kinds import SOAP
from tanos.certificates.self_signed import self_signed
from tanos.services import listener, web_listener
from tanos.services.tls import https_server

HOSTS = ("2001:db8::1", "2001:db8::2:0", "2001:db8::3", "192.0.2.7", "2001:db8:0:1::1")
TAKEN = [True, True, False, True, True]
"""With two places for each."""


class Others:
    """Who came, from one address after the other."""

    def __init__(self, take: Callable[[socket.socket, str], None]) -> None:
        self._ends = list[socket.socket]()
        for address in HOSTS:
            with socket.create_server(("127.0.0.1", 0)) as real:
                self._ends.append(socket.create_connection(real.getsockname()))
                take(real.accept()[0], address)

    @property
    def held(self) -> list[bool]:
        """Which of them were not let go."""
        return [_is_held(each) for each in self._ends]

    def close(self) -> None:
        """Have them go."""
        for each in self._ends:
            each.close()


async def nobody(_: listener.Connection) -> None:
    """Serve."""


async def test_the_listener_of_the_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "MOST_OF_ONE", 2)
    one = listener.Listener(None, nobody)
    others = Others(one.take)
    assert others.held == TAKEN
    await one.close()
    others.close()


async def test_the_listener_of_the_console(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_listener, "MOST_OF_ONE", 2)
    key, certificate = self_signed(SOAP, "ts1", (), datetime.now(UTC))
    one = web_listener.WebListener(https_server((certificate + key).decode()), asyncio.Protocol)
    others = Others(one.take)
    assert others.held == TAKEN
    await asyncio.sleep(0)
    await one.close()
    others.close()


def _is_held(other: socket.socket) -> bool:
    other.setblocking(False)
    try:
        return bool(other.recv(1))
    except BlockingIOError:
        return True
