"""What travels is the same as by the library alone, whatever the cipher, and what is wrong is refused as by it."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncssh
import pytest
from asyncssh.connection import SSHConnection
from asyncssh.encryption import GCMEncryption

from sftp.data_packets import DataPackets, write_at_once
from sftp.gcm import ReadyGCM, made_ready

GCM, CTR, CHACHA = "aes256-gcm@openssh.com", "aes128-ctr", "chacha20-poly1305@openssh.com"
ETM, PLAIN = "hmac-sha2-256-etm@openssh.com", "hmac-sha2-256"
SIZES = (1, 2, 15, 16, 17, 255, 4096, 40_000, 262_144)
WAIT = 60


class _Server(asyncssh.SSHServer):
    def __init__(self, made: list["_Server"]) -> None:
        self.lost: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        made.append(self)

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self.conn: Any = conn
        self.packets = DataPackets(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set_result(exc)

    def begin_auth(self, username: str) -> bool:
        return False


async def _echo(process: asyncssh.SSHServerProcess[bytes]) -> None:
    write_at_once(process.channel)
    while data := await process.stdin.read(65536):
        process.stdout.write(data)
        await process.stdout.drain()
    process.exit(0)


@asynccontextmanager
async def _echoing(
    cipher: str = GCM, mac: str = ETM, asked: dict[str, int] | None = None, **options: Any
) -> AsyncIterator[tuple[_Server, Any]]:
    """Yield the server's side, and a client's open process that gives back what it gets and was `asked` for so."""
    made: list[_Server] = []
    acceptor = await asyncssh.create_server(
        lambda: _Server(made), "127.0.0.1", 0, encoding=None, config=None, process_factory=_echo,
        server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")], encryption_algs=[cipher],
        mac_algs=[mac], line_editor=False, **options,
    )  # fmt: skip
    async with acceptor:
        client = await asyncssh.connect(
            "127.0.0.1", acceptor.get_port(), username="x", known_hosts=None, config=None, client_keys=None,
            agent_path=None, encryption_algs=[cipher], mac_algs=[mac],
        )  # fmt: skip
        async with client, client.create_process("echo", encoding=None, **asked or {}) as process:
            yield made[0], process


async def _round_trip(process: Any) -> None:
    sent, came = hashlib.sha256(), hashlib.sha256()
    for size in SIZES:
        data = os.urandom(size)
        sent.update(data)
        process.stdin.write(data)
        came.update(await asyncio.wait_for(process.stdout.readexactly(size), WAIT))
    assert sent.digest() == came.digest()


@pytest.mark.parametrize(("cipher", "mac"), [(GCM, ETM), (CTR, ETM), (CTR, PLAIN), (CHACHA, ETM)])
async def test_data_of_every_length_travels_both_ways(cipher: str, mac: str) -> None:
    async with _echoing(cipher, mac) as (_, process):
        await _round_trip(process)


async def test_a_client_is_sent_no_more_than_its_window_and_no_longer_packets_than_it_takes() -> None:
    async with _echoing(asked={"window": 1000, "max_pktsize": 90}) as (server, process):
        accept = process.channel._accept_data
        came: list[tuple[int, int]] = []

        def note(data: bytes, datatype: int | None = None) -> None:
            came.append((len(data), process.channel._recv_window))
            accept(data, datatype)

        vars(process.channel)["_accept_data"] = note
        await _round_trip(process)
        assert all(size <= 90 and size <= window for size, window in came)
        assert sum(size for size, _ in came) == sum(SIZES)
        (channel,) = server.conn._channels.values()
        assert channel._send_window == process.channel._recv_window


async def test_what_waits_for_the_clients_window_leaves_first() -> None:
    async with _echoing() as (server, process):
        await _round_trip(process)
        (channel,) = server.conn._channels.values()
        room, channel._send_window = channel._send_window, 0
        channel.write(b"first ")
        channel._send_window = room
        channel.write(b"second")
        assert await asyncio.wait_for(process.stdout.readexactly(12), WAIT) == b"first second"


def test_a_cipher_made_ready_seals_and_opens_what_the_librarys_own_does_and_counts_like_it() -> None:
    def new() -> GCMEncryption:
        return GCMEncryption.new("aes256-gcm", bytes(range(32)), b"kept" + b"\xff" * 7 + b"\xfe")

    theirs, ours, opens, theirs_opens = new(), made_ready(new()), made_ready(new()), new()
    assert isinstance(ours, ReadyGCM) and made_ready(ours) is ours
    for number in range(4):
        header, packet = (32).to_bytes(4), bytes([number]) * 32
        sealed = b"".join(ours.encrypt_packet(0, header, packet))
        assert sealed == b"".join(theirs.encrypt_packet(0, header, packet))
        sent = sealed if number != 1 else sealed[:-1] + bytes([sealed[-1] ^ 1])
        wanted = packet if number != 1 else None
        assert opens.decrypt_packet(0, sent[:16], sent[16:-16], 4, sent[-16:]) == wanted
        assert theirs_opens.decrypt_packet(0, sent[:16], sent[16:-16], 4, sent[-16:]) == wanted


@pytest.mark.parametrize(("cipher", "mac"), [(GCM, ETM), (CTR, ETM)])
async def test_keys_are_exchanged_anew_while_data_travels(cipher: str, mac: str) -> None:
    async with _echoing(cipher, mac, rekey_bytes=20_000) as (server, process):
        first = server.conn._send_encryption
        await _round_trip(process)
        await _round_trip(process)
        assert server.conn._send_encryption is not first
        assert server.conn._rekey_bytes_sent < sum(SIZES)


@pytest.mark.parametrize(("cipher", "mac"), [(GCM, ETM), (CTR, ETM)])
@pytest.mark.parametrize("at", [6, 40, -1])
async def test_one_wrong_bit_in_a_packet_ends_the_connection_and_is_not_delivered(
    cipher: str, mac: str, at: int
) -> None:
    async with _echoing(cipher, mac) as (server, process):
        process.stdin.write(b"right")
        assert await asyncio.wait_for(process.stdout.readexactly(5), WAIT) == b"right"
        received: Callable[[bytes], None] = server.conn.data_received

        def spoil(data: bytes) -> None:
            spoiled = bytearray(data)
            spoiled[at] ^= 1
            received(bytes(spoiled))

        vars(server.conn)["data_received"] = spoil
        process.stdin.write(b"w" * 50)
        assert isinstance(await asyncio.wait_for(server.lost, WAIT), asyncssh.misc.MACError)
        with pytest.raises(asyncssh.misc.MACError):  # as the client was told
            await process.stdout.read()


async def test_more_than_the_window_is_refused_by_the_library() -> None:
    async with _echoing(window=1000) as (server, process):
        process.channel._send_window = 1 << 20
        process.stdin.write(b"x" * 5000)
        assert isinstance(await asyncio.wait_for(server.lost, WAIT), asyncssh.ProtocolError)


async def test_only_a_client_that_says_nothing_is_asked_whether_it_is_there() -> None:
    asked: list[bool] = []
    async with _echoing(keepalive_interval=1000) as (server, process):
        await _round_trip(process)
        packets = server.packets
        packets._ask_by_library = lambda: asked.append(True)
        packets.ask()
        assert not asked
        timer = server.conn._keepalive_timer
        assert 990 < timer.when() - asyncio.get_running_loop().time() <= 1000
        packets._heard -= 1001
        packets.ask()
        assert asked
        timer.cancel()


async def test_the_librarys_private_names_are_still_what_they_were() -> None:
    """A new release of the library is looked at before it is used: a name might have got another meaning."""
    assert asyncssh.__version__.startswith("2.24.")
    async with _echoing() as (server, process):
        await _round_trip(process)
        named = "_recv_pkthdr _recv_packet send_packet _send _reset_keepalive_timer _keepalive_timer_callback"
        assert all(callable(vars(SSHConnection)[name]) for name in named.split())
        known = vars(server.conn)
        counts = "_recv_seq _send_seq _recv_macsize _recv_blocksize _send_blocksize _rekey_bytes_sent"
        assert all(isinstance(known[name], int) for name in counts.split())
        assert known["_rekey_bytes_sent"] > sum(SIZES)
        (channel,) = server.conn._channels.values()
        assert all(isinstance(vars(channel)[name], int) for name in ("_send_window", "_send_pktsize", "_send_chan"))
        assert vars(channel)["_send_state"] == "open" and vars(channel)["_send_buf"] == []
