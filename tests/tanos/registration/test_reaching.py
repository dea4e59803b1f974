"""What is said of an other end that does not take a registration is why it does not."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tanos.errors import NotYet
from tanos.registration.reaching import converse


@contextmanager
def _letting_go() -> Iterator[int]:
    """Have a port let go whoever comes, as a Module Server does that awaits nobody."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def take() -> None:
            listener.accept()[0].close()

        taking = threading.Thread(target=take)
        taking.start()
        yield int(listener.getsockname()[1])
        taking.join()


async def test_who_does_not_run_is_not_told_as_one_who_awaits_no_registration() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(NotYet, match=r"other-end-unreachable: .*Connection refused"):
            await converse("127.0.0.1", bound.getsockname()[1], b"", lambda _: "")
    with _letting_go() as port, pytest.raises(NotYet, match="no-registration-open"):
        await converse("127.0.0.1", port, b"", lambda _: "")
