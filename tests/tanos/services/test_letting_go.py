"""A connection is ended at once also where its TLS has ended already, on every Python that this runs with."""

import asyncio
import ssl
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

import tanos
from tanos.services.connecting import HandshakeFailed, Target, TlsMode
from tanos.services.hub import way
from tanos.services.hub.meeting import WAITS
from tanos.services.hub.way import Way
from tanos.services.listener import Connection
from tanos.services.protocol import Hello, Part
from tanos.services.zone_server import hubs as zone_hubs
from tanos.services.zone_server.hubs import Hubs

HELLO = Hello(Part.HUB, "ts1", "ts1", 314, "7.3")


class Ended(asyncio.Transport):
    """One of TLS that has ended, as Python 3.11.2 has it: it has no protocol any more."""

    _ssl_protocol: Any = None

    def abort(self) -> None:
        self._ssl_protocol._abort()

    def get_write_buffer_size(self) -> int:
        return way.MOST_UNREAD + 1


def ended(shown: bytes | None = None) -> Connection:
    return cast(Connection, SimpleNamespace(writer=SimpleNamespace(transport=Ended()), certificate=shown))


def test_a_zone_server_lets_go_of_a_hub_that_has_ended() -> None:
    hubs = Hubs(lambda _: None)
    hubs.come(ended(), HELLO)
    hubs.end()
    hubs.come(ended(), HELLO)


def test_no_hub_takes_the_place_of_that_of_another_server_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zone_hubs, "signer_of", lambda shown, _: shown.decode())
    hubs = Hubs(lambda _: None)
    mine, false = (hubs.come(ended(server), HELLO) for server in (b"ts1.lab.test", b"ts2.lab.test"))
    assert hubs.all == (mine, false)
    again = hubs.come(ended(b"ts1.lab.test"), HELLO)
    assert hubs.all == (false, again)


async def test_a_hub_lets_go_of_a_server_that_has_ended() -> None:
    async def nothing(*_: object) -> None:
        """Take it."""

    mine = Way(
        HELLO, (), Target("zs1", "zs1", 1), TlsMode.OFF, nothing, lambda: None, lambda *_: None, lambda _: False
    )
    mine._connection = ended()
    with pytest.raises(ConnectionAbortedError):
        mine.post({"ping": 1})


async def test_a_hub_meets_a_server_by_whichever_of_its_pairs_that_knows_the_root_of() -> None:
    async def nothing(*_: object) -> None:
        """Take it."""

    async def meet(_: Target, turn: int) -> str:
        if turn % 3 != 2:
            raise HandshakeFailed("unknown ca")
        return WAITS

    contexts = [ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) for _ in range(3)]
    target = Target("zs1", "zs1", 1)
    mine = Way(
        HELLO, contexts, target, TlsMode.REQUIRED, nothing, lambda: None, lambda *_: None, lambda _: False, meet
    )
    mine._pause = way.LONGEST_PAUSE
    await mine._try_meeting()
    assert (mine.problem, mine._pause) == (WAITS, way.LONGEST_WAIT)


def test_nothing_else_ends_a_connection_at_once() -> None:
    package = Path(tanos.__file__).parent / "services"
    others = [path for path in package.rglob("*.py") if ".abort()" in path.read_text()]
    assert [path.name for path in others] == ["letting_go.py"]
