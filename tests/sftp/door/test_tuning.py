"""What the front door changes in the library's connections is still there to be changed."""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import asyncssh
import pytest
from asyncssh.connection import SSHConnection
from asyncssh.constants import DISC_SERVICE_NOT_AVAILABLE
from asyncssh.kex import _kex_handlers
from asyncssh.kex_dh import _KexDHBase

from sftp import tuning
from sftp.algorithms import offered
from sftp.key_exchange import wait_for_signatures
from sftp.terms import Terms
from tanos.errors import NotYet
from tanos.message import N_


class _Door(asyncssh.SSHServer):
    """Tunes its connections as the front door does, and keeps the last of them."""

    def __init__(self, kept: list[Any], tune: Callable[[Any], object]) -> None:
        self._kept = kept
        self._tune = tune

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._kept.append(conn)
        self._tune(conn)

    def begin_auth(self, username: str) -> bool:
        return False

    def session_requested(self) -> "_Session":
        return _Session(self._kept)


class _Session(asyncssh.SSHServerSession[bytes]):
    def __init__(self, kept: list[Any]) -> None:
        self._kept = kept

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        tuning.keep_no_log(chan)
        self._kept.append(chan)
        self._chan = chan

    def exec_requested(self, command: str) -> bool:
        return True

    def session_started(self) -> None:
        self._chan.write(b"hello")
        self._chan.exit(0)


async def _connect(tune: Callable[[Any], object], **options: Any) -> list[Any]:
    """Have a client sign in and run something; return the server's connection and channel."""
    kept: list[Any] = []
    acceptor = await asyncssh.create_server(
        lambda: _Door(kept, tune), "127.0.0.1", 0, encoding=None, config=None,
        server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")], encryption_algs=["aes256-ctr"],
        mac_algs=["hmac-sha2-512-etm@openssh.com"],
    )  # fmt: skip
    async with acceptor:
        connecting = asyncssh.connect(
            "127.0.0.1", acceptor.get_port(), known_hosts=None, username="x", config=None, client_keys=None, **options
        )
        async with connecting as client:
            assert (await client.run("x", encoding=None)).stdout == b"hello"
    return kept


async def test_the_librarys_private_names_are_still_what_they_were() -> None:
    """A new release of the library is looked at before it is used: a name might have got another meaning."""
    assert asyncssh.__version__.startswith("2.24.")
    conn, channel = await _connect(lambda _: None)
    for name in ("_mac_algs", "_enc_algs"):
        assert all(isinstance(known, bytes) for known in vars(conn)[name])
    for name in ("_recv_data", "send_packet"):
        assert callable(vars(SSHConnection)[name])
    for name in ("log_sent_packet", "log_received_packet"):
        assert getattr(channel, name) is tuning._say_nothing


async def test_no_empty_packet_precedes_what_is_sent() -> None:
    sent: list[int] = []

    def tune(conn: Any, *, leave_out: bool) -> None:
        below = type(conn).log_sent_packet

        def logged(kind: int, *rest: Any) -> None:
            sent.append(kind)
            below(conn, kind, *rest)

        vars(conn)["log_sent_packet"] = logged
        if leave_out:
            tuning.leave_out_ignores(conn)

    await _connect(lambda conn: tune(conn, leave_out=False))
    assert asyncssh.constants.MSG_IGNORE in sent  # the library's habit
    sent.clear()
    await _connect(lambda conn: tune(conn, leave_out=True))
    assert sent
    assert asyncssh.constants.MSG_IGNORE not in sent


async def test_who_meets_a_database_that_is_held_is_told_so_and_that_it_passes() -> None:
    def tune(conn: Any) -> None:
        def busy(_: object) -> bool:
            raise NotYet("busy", N_("Another session is changing this appliance."), N_("Try again in a few seconds."))

        tuning.say_why(conn)
        vars(conn)["_server"] = conn._owner
        vars(conn._owner)["begin_auth"] = busy

    with pytest.raises(asyncssh.DisconnectError, match=r"is changing this appliance\. Try again") as ended:
        await _connect(tune)
    assert ended.value.code == DISC_SERVICE_NOT_AVAILABLE


async def test_an_old_client_is_offered_what_it_knows_and_another_is_not() -> None:
    only = {"mac_algs": ["hmac-sha2-256"], "encryption_algs": ["aes256-ctr"]}
    conn, _ = await _connect(tuning.suit_old_clients, client_version="libssh2_1.10.0", **only)
    assert conn.get_extra_info("recv_mac") == "hmac-sha2-256"
    with pytest.raises(asyncssh.KeyExchangeFailed):
        await _connect(tuning.suit_old_clients, client_version="libssh2_1.11.0", **only)


async def test_the_way_of_what_is_received_is_the_librarys_again_in_a_running_session() -> None:
    def tune(conn: Any) -> None:
        tuning.hurry(conn)
        assert "_recv_data" in vars(conn)
        tuning.take_time(conn)

    conn, _ = await _connect(tune)
    await asyncio.sleep(0)
    assert "_recv_data" not in vars(conn)


@pytest.mark.parametrize("name", offered(Terms(old_clients=True))["kex_algs"])
def test_every_key_exchange_that_is_offered_waits_for_its_signature(name: str) -> None:
    wait_for_signatures()
    handler, *_ = _kex_handlers[name.encode()]
    assert handler.__module__ == wait_for_signatures.__module__
    assert inspect.getsource(_KexDHBase._perform_reply).count("key.sign(h)") == 1, "the way that was looked at"
