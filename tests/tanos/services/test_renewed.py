"""Another pair is presented to whoever comes, and nobody who is there is let go."""

import asyncio
import ssl
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import cast

from tanos.services.catalogue import HTTPS, PLATFORM
from tanos.services.line import Line
from tanos.services.served import look
from tanos.services.tanium_server.program import TaniumServer
from tests.tanos.services.authority import authority
from tests.tanos.services.segments import LOOPBACK, TS, ZS, Told, client, orders, segments, until


async def _shown(port: int) -> str:
    seen = await look(LOOPBACK, port)
    assert seen
    return seen.fingerprint


async def test_a_tanium_server_presents_other_pairs_at_both_ports_and_keeps_who_is_connected() -> None:
    first = orders(TS, "7.3", {})
    first = replace(first, ports={PLATFORM: 0, HTTPS: 0}, pairs={**first.pairs, "soap": authority().pair(TS)})
    async with AsyncExitStack() as stack:
        server = TaniumServer(first, cast(Line, Told()))
        stack.push_async_callback(server.close)
        await server.open()
        before = {name: await _shown(port) for name, port in server.ports.items()}
        trusting = ssl.create_default_context(cadata=authority().pem)
        reader, writer = await asyncio.open_connection(
            LOOPBACK, server.ports[HTTPS], ssl=trusting, server_hostname=TS
        )
        stack.callback(writer.close)
        ports = dict(server.ports)
        second = replace(first, pairs={name: authority().pair(TS) for name in first.pairs})
        assert await server.answer("renew", second.as_frame()) == {"renewed": True}
        assert server.ports == ports
        after = {name: await _shown(port) for name, port in server.ports.items()}
        assert all(before[name] != after[name] for name in before)
        writer.write(b"GET /none HTTP/1.1\r\nHost: ts1\r\nAccept: application/json\r\n\r\n")
        async with asyncio.timeout(60):
            assert await reader.readline() == b"HTTP/1.1 404 Not Found\r\n"


async def test_a_pair_that_comes_or_goes_wants_a_new_start() -> None:
    first = orders(TS, "7.3", {})
    async with AsyncExitStack() as stack:
        server = TaniumServer(first, cast(Line, Told()))
        stack.push_async_callback(server.close)
        await server.open()
        before = await _shown(server.ports[PLATFORM])
        more = replace(first, pairs={**first.pairs, "soap": authority().pair(TS)})
        assert await server.answer("renew", more.as_frame()) == {}
        assert await _shown(server.ports[PLATFORM]) == before


async def test_hub_and_clients_stay_where_the_tanium_server_is_renewed() -> None:
    async with segments() as running, client(running.target(by_zone=False), own={"ReportingTLSMode": 1}) as pc1:
        await until(lambda: pc1.registrations)
        before = next(each for each in running.told.segments if each["server"])
        told = orders(TS, "7.3", {})
        assert await running.server.answer("renew", told.as_frame()) == {"renewed": True}
        assert (await look(LOOPBACK, running.target(by_zone=False).port)) is not None
        assert next(each for each in running.told.segments if each["server"]) == before
        state = await running.server.answer("state", {})
        assert state is not None
        assert (state["clients"], list(state["hubs"])) == (1, [TS])


async def test_a_hub_that_is_renewed_goes_by_its_new_orders_from_its_next_connection_on() -> None:
    async with segments() as running:
        assert running.hub is not None
        other = replace(orders(TS, "7.3", {}), root_pem=authority(1).pem)
        assert await running.hub.answer("renew", other.as_frame()) == {"renewed": True}

        def to_zone() -> dict[str, object]:
            return next(each for each in running.told.segments if each["to"] == ZS)

        assert to_zone()["connected"]
        told = orders(ZS, "7.3", {"AllowedHubs": LOOPBACK}, port=running.target(by_zone=True).port)
        await running.zone.answer("renew", told.as_frame())
        await until(lambda: "certificate" in str(to_zone()["problem"]))
        assert not to_zone()["connected"]
