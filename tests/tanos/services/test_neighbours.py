"""Clients that greet each other: in the clear up to 7.3, by TLS alone from 7.4 on (table 1 of seed 000)."""

import asyncio
import contextlib
import subprocess
from typing import Any

import pytest

from tanos.services.connecting import Target, connect_clear, connect_tls
from tanos.services.frames import BadFrame
from tanos.services.listener import Connection, Listener
from tanos.services.protocol import Hello, Part
from tanos.services.tls import unverified_client
from tests.tanos.services.segments import client, segments, until


@pytest.mark.parametrize("release, by_zone", [("7.2", False), ("7.4", False), ("7.4", True)])
async def test_clients_greet_the_neighbours_that_their_server_names(release: str, by_zone: bool) -> None:
    server = {"require_client_tls_315_flag": 0, "enable_protocol_314_flag": 1}
    async with segments(release="7.4", server=server) as running:
        target = running.target(by_zone=by_zone)
        async with client(target, "pc1", release, meets=True) as pc1:
            await until(lambda: pc1.registrations)
            async with client(target, "pc2", release, meets=True) as pc2:
                await until(lambda: pc2.connection)
                assert pc1.neighbours is not None and pc2.neighbours is not None
                one, other = pc1.neighbours, pc2.neighbours
                await until(lambda: one.met and other.met)
                assert (list(one.met.values()), list(other.met.values())) == (["pc2"], ["pc1"])


async def test_clients_of_7_4_are_told_of_their_own_kind_alone_and_where_they_came_encrypted() -> None:
    server = {"require_client_tls_315_flag": 0, "enable_protocol_314_flag": 1}
    async with segments(has_hub=False, release="7.4", server=server) as running:
        target = running.target(by_zone=False)
        async with (
            client(target, "old", "7.2", meets=True) as old,
            client(target, "clear", "7.4", meets=True, own={"TLSMode": 0}) as clear,
            client(target, "pc1", "7.4", meets=True) as pc1,
        ):
            await until(lambda: old.registrations and clear.registrations and pc1.registrations)
            async with client(target, "pc2", "7.4", meets=True) as pc2:
                await until(lambda: pc2.neighbours and pc2.neighbours.met)
                assert [list(each.neighbours.met.values()) for each in (old, clear, pc1, pc2) if each.neighbours] == [
                    [], [], ["pc2"], ["pc1"],
                ]  # fmt: skip


async def test_who_is_another_client_than_the_server_told_of_is_told_nothing() -> None:
    heard: list[Any] = []

    async def listens(connection: Connection) -> None:
        heard.append(await connection.read())

    async with segments(has_hub=False, release="7.4") as running:
        target = running.target(by_zone=False)
        async with client(target, "pc1", "7.4", meets=True) as pc1, client(target, "pc2", "7.4", meets=True) as pc2:
            await until(lambda: pc1.connection and pc2.connection)
            assert pc1.neighbours is not None and pc2.keyring is not None
            listener = Listener(pc2.keyring.shows(), listens)
            listener.open("127.0.0.1", 0)
            try:
                named = {"address": "127.0.0.1", "port": listener.port}
                await pc1.neighbours.meet([{**named, "id": pc1.hello.id}])
                await until(lambda: heard)
                assert heard == [None]
                await pc1.neighbours.meet([{**named, "id": pc2.hello.id}])
                await until(lambda: len(heard) == 2)
                assert heard[1]["name"] == "pc1"
            finally:
                await listener.close()


async def test_who_comes_without_a_certificate_or_with_one_of_another_client_is_not_known() -> None:
    async with segments(has_hub=False, release="7.4") as running:
        target = running.target(by_zone=False)
        async with client(target, "pc1", "7.4", meets=True) as pc1, client(target, "pc2", "7.4") as pc2:
            await until(lambda: pc1.connection and pc2.connection)
            assert pc1.neighbours is not None and pc1.neighbours._listener is not None and pc2.keyring is not None
            there = Target("pc1", "127.0.0.1", pc1.neighbours._listener.port)
            for context in (unverified_client(), pc2.keyring.goes()):
                with contextlib.suppress(OSError, BadFrame):
                    connection = await connect_tls(there, context)
                    await connection.send(Hello(Part.CLIENT, "3", "pc3", 315, "7.4").as_frame())
                    assert await connection.read() is None
                    await connection.close()
            assert pc1.neighbours.met == {}
            connection = await connect_tls(there, pc2.keyring.goes())
            await connection.send(pc2.hello.as_frame())
            assert (await connection.read() or {})["name"] == "pc1"
            assert pc1.neighbours.met == {pc2.hello.id: "pc2"}
            await connection.close()


async def test_a_client_of_7_4_says_nothing_in_the_clear_to_a_neighbour() -> None:
    async with (
        segments(has_hub=False, release="7.4") as running,
        client(running.target(by_zone=False), "pc1", "7.4", meets=True) as pc1,
    ):
        await until(lambda: pc1.registrations)
        assert pc1.neighbours is not None and pc1.neighbours._listener is not None
        port = pc1.neighbours._listener.port
        connection = await connect_clear(Target("pc1", "127.0.0.1", port))
        await connection.send(Hello(Part.CLIENT, "3", "pc3", 315, "7.4").as_frame())
        assert await connection.read() == {"refused": "tls-required"}
        await connection.close()
        seen = await asyncio.to_thread(by_openssl, port)
        assert "Protocol  : TLSv1.2" in seen
        assert "Cipher    : ECDHE-ECDSA-AES256-GCM-SHA384" in seen
        assert pc1.neighbours.met == {}


def by_openssl(port: int) -> str:
    """Return what `openssl s_client` sees at a port."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}"]
    return subprocess.run(command, input="", capture_output=True, text=True, check=False, timeout=60).stdout
