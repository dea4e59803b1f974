"""A host with several addresses is reached by whichever takes connections."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tanos.services import connecting, served
from tanos.services.connecting import Target, connect_clear, why
from tanos.services.served import look
from tests.tanos.services.segments import LOOPBACK, segments


@pytest.fixture(params=["refused", "silent"])
def deaf(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """`localhost` has an address before its own at which nobody listens, or nobody answers."""
    real = socket.getaddrinfo
    with socket.socket() as full:
        full.bind(("127.0.0.2", 0))
        full.listen(0)
        silent = full.getsockname()
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(silent)

        def both(host: str, *words: Any, **more: Any) -> Any:
            if host != "localhost":
                return real(host, *words, **more)
            first = real("127.0.0.2", *words, **more)
            if request.param == "silent":
                first = [(*each[:4], silent) for each in first]
            return first + real(LOOPBACK, *words, **more)

        monkeypatch.setattr(socket, "getaddrinfo", both)
        monkeypatch.setattr(connecting, "CONNECT_SECONDS", 2.0)
        monkeypatch.setattr(served, "LOOK_SECONDS", 2.0)
        yield
        for each in waiting:
            each.close()


@pytest.mark.usefixtures("deaf")
async def test_one_address_that_does_not_answer_hides_no_other() -> None:
    async with segments(has_hub=False) as running:
        port = running.target(by_zone=True).port
        connection = await connect_clear(Target("zs1", "localhost", port))
        assert connection.address == "localhost"
        await connection.close()
        assert await look("localhost", port) is not None


async def test_where_no_address_answers_nobody_is_reached() -> None:
    with socket.create_server((LOOPBACK, 0)) as free:
        port = free.getsockname()[1]
    for host in (LOOPBACK, "localhost"):
        with pytest.raises(OSError):
            await connect_clear(Target("zs1", host, port))


async def test_what_keeps_it_from_being_reached_is_told_in_words_of_the_system() -> None:
    with socket.socket() as unused:
        unused.bind((LOOPBACK, 0))
        with pytest.raises(ConnectionRefusedError) as refused:
            await connect_clear(Target("zs1", *unused.getsockname()))
    assert why(refused.value) == "Connection refused"
