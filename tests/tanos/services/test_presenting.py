"""A server presents the newest pair that whoever comes can verify, and is not confused by what comes before that."""

import asyncio
import random
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from cryptography import x509

from tanos.certificates.check_code import check_code
from tanos.services.connecting import HandshakeFailed, Target, connect_tls
from tanos.services.ended_roots import of_ended_roots
from tanos.services.listener import Connection, Listener
from tanos.services.orders import Orders
from tanos.services.presenting import LONGEST_HELLO, presented, protocols_named
from tanos.services.tls import platform_client, platform_server
from tests.tanos.services.authority import authority
from tests.tanos.services.segments import LOOPBACK

NAME = "ts1.lab.test"
LEGACY, FIRST, SECOND, OTHER = range(4)


def code(number: int) -> str:
    return check_code(x509.load_pem_x509_certificate(authority(number).pem.encode()).public_key())


def told(*numbers: int) -> Orders:
    """Return orders of who has a pair of the legacy root and of those roots, the newest first."""
    trusted = "".join(authority(each).pem for each in (LEGACY, FIRST, SECOND))
    by_root = {code(each): authority(each).pair(NAME) for each in numbers}
    pairs = {"reporting": authority(LEGACY).pair(NAME)}
    return Orders("", NAME, NAME, "7.4", LOOPBACK, {}, pairs, trusted, {}, by_root)


@asynccontextmanager
async def listening(orders: Orders) -> AsyncIterator[Listener]:
    async def greet(connection: Connection) -> None:
        await connection.send({"welcome": NAME})
        await connection.read()

    listener = Listener(presented(orders), greet)
    listener.open(LOOPBACK, 0)
    try:
        yield listener
    finally:
        await listener.close()


async def shown_to(port: int, *numbers: int, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2) -> str:
    """Return the issuer of what is presented to who trusts those roots, and who verifies it."""
    context = platform_client("".join(authority(each).pem for each in numbers), newest=newest)
    there = await connect_tls(Target(NAME, LOOPBACK, port), context)
    try:
        return x509.load_der_x509_certificate(there.certificate or b"").issuer.rfc4514_string()
    finally:
        await there.close()


async def test_each_is_shown_the_newest_pair_that_he_can_verify() -> None:
    async with listening(told(SECOND, FIRST)) as listener:
        assert await shown_to(listener.port, FIRST) == "CN=ts1.lab.test Root 1"
        assert await shown_to(listener.port, SECOND, FIRST) == "CN=ts1.lab.test Root 2"
        assert await shown_to(listener.port, LEGACY, FIRST, SECOND) == "CN=ts1.lab.test Root 2"
        assert await shown_to(listener.port, LEGACY) == "CN=ts1.lab.test Root 0"
        with pytest.raises(HandshakeFailed):
            await shown_to(listener.port, OTHER)


async def test_another_pair_is_presented_without_ending_a_connection() -> None:
    async with listening(told(FIRST)) as listener:
        context = platform_client(authority(FIRST).pem)
        there = await connect_tls(Target(NAME, LOOPBACK, listener.port), context)
        assert await there.read() == {"welcome": NAME}
        listener.present(presented(told(SECOND, FIRST)))
        assert await shown_to(listener.port, SECOND) == "CN=ts1.lab.test Root 2"
        assert listener._open.total() >= 1
        await there.send({"still": "here"})
        await there.close()


async def test_a_hello_that_comes_in_pieces_is_waited_for() -> None:
    async with listening(told(FIRST)) as listener:
        ours, theirs = ssl.MemoryBIO(), ssl.MemoryBIO()
        shaking = platform_client(authority(FIRST).pem).wrap_bio(ours, theirs, server_hostname=NAME)
        with pytest.raises(ssl.SSLWantReadError):
            shaking.do_handshake()
        reader, writer = await asyncio.open_connection(LOOPBACK, listener.port)
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        hello = theirs.read()
        for part in (hello[:1], hello[1:4], hello[4:100], hello[100:]):
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.05)
        async with asyncio.timeout(20):
            while True:
                ours.write(await reader.read(65536))
                try:
                    shaking.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    writer.write(theirs.read())
        shown = x509.load_der_x509_certificate(shaking.getpeercert(binary_form=True) or b"")
        assert shown.issuer.rfc4514_string() == "CN=ts1.lab.test Root 1"
        writer.transport.abort()


async def test_openssl_which_names_no_root_is_shown_the_pair_of_tanium_pub() -> None:
    async with listening(told(FIRST)) as listener:
        words = ["openssl", "s_client", "-connect", f"{LOOPBACK}:{listener.port}", "-servername", NAME, "-tls1_2"]
        done = await asyncio.to_thread(subprocess.run, words, input=b"", capture_output=True, timeout=60, check=False)
        assert b"issuer=CN = ts1.lab.test Root 0" in done.stdout


def hello_of(context: ssl.SSLContext) -> bytes:
    ours, theirs = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(ours, theirs, server_hostname=NAME).do_handshake()
    return theirs.read()


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_roots_are_read_out_of_the_hello(newest: ssl.TLSVersion) -> None:
    both = authority(FIRST).pem + authority(SECOND).pem
    hello = hello_of(platform_client(both, newest=newest))
    assert protocols_named(hello) == {f"tanium-root/{code(each)}".encode() for each in (FIRST, SECOND)}
    assert len(hello) < LONGEST_HELLO


def test_whatever_comes_instead_names_no_root_and_is_no_fault() -> None:
    hello, chance = hello_of(platform_client(authority(FIRST).pem)), random.Random(7)
    for end in range(len(hello)):
        assert protocols_named(hello[:end]) == frozenset()
    for _ in range(2000):
        broken = bytearray(hello)
        for _ in range(chance.randrange(1, 8)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        protocols_named(bytes(broken))
        protocols_named(chance.randbytes(chance.randrange(200)))


def test_a_server_without_a_pair_of_tanium_pub_presents_its_own_to_everybody() -> None:
    orders = told(FIRST)
    alone = presented(Orders("", NAME, NAME, "7.4", LOOPBACK, {}, {}, orders.root_pem, {}, orders.by_root))
    assert alone is not None
    assert alone.for_hello(b"") is alone.for_hello(hello_of(platform_client(authority(FIRST).pem)))
    assert presented(Orders("", NAME, NAME, "7.4", LOOPBACK, root_pem=orders.root_pem)) is None


def test_only_what_an_ended_root_signed_is_meant() -> None:
    def der(number: int) -> bytes:
        pem = authority(number).pair(NAME).encode()
        return ssl.PEM_cert_to_DER_cert(pem[: pem.index(b"-----BEGIN PRIVATE")].decode())

    is_meant = of_ended_roots(authority(LEGACY).pem + authority(FIRST).pem, authority(LEGACY).pem)
    assert [is_meant(der(each)) for each in (LEGACY, FIRST, SECOND)] == [False, True, False]
    assert not is_meant(None)
    assert not of_ended_roots(authority(FIRST).pem, authority(FIRST).pem)(der(FIRST))
    assert platform_server(authority(FIRST).pair(NAME), "")
