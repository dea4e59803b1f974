"""Whatever the network does between two ends, both come back by themselves, and keep nobody else waiting."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise

import pytest

from tanos.services.client.client import Client
from tanos.services.connecting import Target
from tanos.services.frames import frame_bytes
from tanos.services.hub.program import Hub
from tanos.services.tls import platform_client
from tests.tanos.services.authority import authority
from tests.tanos.services.relay import Joined, Relay, relay
from tests.tanos.services.segments import LOOPBACK, TS, ZS, Segments, client, made_hub, segments, until
from tests.tanos.services.travelling import travel

MODE = "ReportingTLSMode"
LINKS = ("hub - Tanium Server", "hub - zone server", "client - zone server", "client - Tanium Server")
UNHEARD_SECONDS = 310
"""Until the slowest to notice, a client, has asked for a sign of life in vain."""
HARMS: dict[str, Callable[[Joined], None]] = {
    "cut": Joined.cut,
    "no more is said to who connected": lambda joined: joined.half_close(near=True),
    "no more is said to who listens": lambda joined: joined.half_close(near=False),
    "stall": Joined.stall,
}


@dataclass
class Network:
    """A Tanium Server, a zone server, a hub and a client of each, and what is between them."""

    running: Segments
    hub: Hub
    relays: dict[str, Relay]
    clients: tuple[Client, Client]
    """Of the zone server, of the Tanium Server."""

    def is_whole(self) -> bool:
        """Whether everybody is connected, and registered."""
        hubs = (self.hub._server, *self.hub._zones.values())
        return all(way.is_open for way in hubs) and all(each.connection for each in self.clients)

    async def is_heard(self) -> None:
        """Have a client of the zone server be answered by the Tanium Server: every link but one is on the way."""
        name = f"asks-{len(self.running.told.reports)}"
        target = Target(ZS, LOOPBACK, self.relays["client - zone server"].port)
        async with _client(target, name, self.running.release):
            await eventually(lambda: bool(self.running.by_name(name)))


def _client(target: Target, name: str, release: str, mode: int = 1) -> AbstractAsyncContextManager[Client]:
    """A client of that release's own."""
    if release == "7.4":
        return client(target, name, "7.4", own={"TLSMode": 1})
    return client(target, name, own={MODE: mode})


async def eventually(true: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until a thing is so, where the clock travels: looking costs time, waiting does not."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - what is waited for is in the same loop
            await asyncio.sleep(0.2)


@asynccontextmanager
async def network(mode: int = 1, crumb: int = 0, release: str = "7.3") -> AsyncIterator[Network]:
    """Run all of it for as long as the block lasts."""
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(segments(has_hub=False, release=release))
        relays = {}
        for link in LINKS:
            to = running.target(by_zone=link.endswith("zone server")).port
            relays[link] = await stack.enter_async_context(relay(to))
            relays[link].crumb = crumb or relays[link].crumb
        at = {link: Target(ZS if link.endswith("zone server") else TS, LOOPBACK, relays[link].port) for link in LINKS}
        hub = made_hub(running, mode, mode, server=at["hub - Tanium Server"], zone=at["hub - zone server"])
        stack.push_async_callback(hub.close)
        clients = [
            await stack.enter_async_context(_client(at[link], name, release, mode))
            for name, link in (("pc1", "client - zone server"), ("pc2", "client - Tanium Server"))
        ]
        here = Network(running, hub, relays, (clients[0], clients[1]))
        await eventually(here.is_whole)
        yield here


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("link", LINKS)
def test_a_connection_that_is_harmed_is_made_again_and_the_rest_stays(link: str, harm: str) -> None:
    async def story() -> None:
        async with network() as here:
            before = {name: len(each.came) for name, each in here.relays.items()}
            (harmed,) = here.relays[link].open
            HARMS[harm](harmed)
            await asyncio.sleep(UNHEARD_SECONDS if harm == "stall" else 5)
            await eventually(here.is_whole)
            assert harmed not in here.relays[link].open or harm == "stall"
            assert len(here.relays[link].came) > before[link]
            others = [name for name in LINKS if name != link]
            assert {name: len(here.relays[name].came) for name in others} == {name: before[name] for name in others}
            await here.is_heard()

    travel(story())


@pytest.mark.parametrize(
    "step, release",
    [
        (500, "7.3"),
        pytest.param(9, "7.3", marks=pytest.mark.soak),
        pytest.param(45, "7.4", marks=pytest.mark.soak),
    ],
)
def test_a_connection_that_is_cut_at_any_byte_of_its_beginning_is_made_again_and_never_in_the_clear(
    step: int, release: str
) -> None:
    async def story() -> None:
        async with network(mode=2, release=release) as here:
            for link in LINKS:
                for bytes_carried in (0, 5, *range(100, 2700, step)):
                    here.relays[link].cut_after = bytes_carried
                    for joined in here.relays[link].open:
                        joined.cut()
                    await asyncio.sleep(0.01)
                    await eventually(here.is_whole)
            assert all(each.connection and each.connection.uses_tls for each in here.clients)
            ways = (here.hub._server, *here.hub._zones.values())
            await eventually(lambda: all(each.as_data()["tls"] for each in ways))
            await here.is_heard()
            await eventually(lambda: bool((here.running.by_name(ZS) or {})["using_tls"]))
            assert {row["using_tls"] for row in here.running.told.reports.values()} == {True}
            await here.is_heard()

    travel(story())


def test_what_comes_byte_by_byte_is_understood() -> None:
    async def story() -> None:
        async with network(crumb=1) as here:
            await here.is_heard()

    travel(story())


def test_who_does_not_find_a_server_asks_ever_more_seldom() -> None:
    """A client up to a minute, a hub up to half of one; each begins anew once it was welcome."""

    async def story() -> None:
        async with network() as here:
            for link, longest, least in (("client - Tanium Server", 60.0, 0.5), ("hub - Tanium Server", 30.0, 1.0)):
                lost = here.relays[link]
                to, lost.to, lost.came = lost.to, 1, []
                lost.open[0].cut()
                await asyncio.sleep(600)
                pauses = [later - earlier for earlier, later in pairwise(lost.came)]
                limits = [min(longest, pauses[0] / least * 2**turn) for turn in range(len(pauses))]
                assert len(pauses) > 10
                assert all(pause <= most + 0.2 for pause, most in zip(pauses, limits, strict=True)), pauses
                assert all(pause >= least * longest - 0.2 for pause in pauses[8:]), pauses
                lost.to = to
                await asyncio.sleep(longest)
                await eventually(here.is_whole)
                lost.came = []
                lost.open[0].cut()
                await asyncio.sleep(2)
                await eventually(here.is_whole)

    travel(story())


def test_who_goes_without_tls_tries_it_in_series_that_are_ever_further_apart() -> None:
    async def story() -> None:
        async with segments(has_hub=False) as running, relay(running.target(by_zone=False).port) as before:
            running.server._listener.present(None)
            own = {MODE: 2, "OptionalTLSMinAttemptCount": 2, "OptionalTLSMaxBackoffSeconds": 64}
            async with client(Target(TS, LOOPBACK, before.port), own=own) as pc1:
                await eventually(lambda: pc1.connection is not None)
                await asyncio.sleep(400)
                between = [later - earlier for earlier, later in pairwise(before.came)]
                pauses = [round(each) for each in between if each > 0.5]
                assert pauses[:8] == [1, 2, 4, 8, 16, 32, 64, 64]
                assert pc1.registrations == 1, "meanwhile it stays as it is"

    travel(story())


def test_a_hub_that_fell_back_once_comes_over_to_tls_and_what_it_carries_is_carried() -> None:
    async def story() -> None:
        async with segments(has_hub=False) as running, relay(running.target(by_zone=True).port) as before:
            before.cut_after = 200
            hub = made_hub(running, zone_mode=2, zone=Target(ZS, LOOPBACK, before.port))
            (way,) = hub._zones.values()
            await eventually(lambda: way.is_open)
            assert way.as_data()["without_tls_for"]
            await eventually(lambda: bool(way.as_data()["tls"]))
            assert not way.as_data()["without_tls_for"]
            async with _client(running.target(by_zone=True), "pc1", "7.3"):
                await eventually(lambda: bool(running.by_name("pc1")))
            await asyncio.sleep(4000)
            assert (len(before.came), len(before.open)) == (3, 1), "it tries no more"
            await hub.close()

    travel(story())


def test_a_hub_without_tls_tries_it_ever_more_seldom_and_stays_meanwhile() -> None:
    async def story() -> None:
        async with segments(has_hub=False) as running, relay(running.target(by_zone=True).port) as before:
            running.zone._listener.present(None)
            hub = made_hub(running, zone_mode=2, zone=Target(ZS, LOOPBACK, before.port))
            (way,) = hub._zones.values()
            await eventually(lambda: way.is_open)
            (kept,) = before.open
            await asyncio.sleep(7200)
            pauses = [round(later - earlier) for earlier, later in pairwise(before.came)]
            assert pauses[:4] == [0, 5, 10, 20]
            assert pauses[-2:] == [1800, 1800]
            assert before.open == [kept]
            await hub.close()

    travel(story())


def test_clients_register_anew_each_at_its_own_time_between_two_and_six_hours() -> None:
    async def story() -> None:
        async with segments(has_hub=False) as running, relay(running.target(by_zone=False).port) as before:
            target = Target(TS, LOOPBACK, before.port)
            async with AsyncExitStack() as stack:
                for number in range(4):
                    await stack.enter_async_context(client(target, f"pc{number}", own={MODE: 1}))
                await eventually(lambda: len(running.told.reports) == 4)
                began, before.came = before.came[-1], []
                await asyncio.sleep(6 * 3600 + 60)
                first = before.came[:4]
                assert first[0] - began >= 2 * 3600 - 60
                assert len(before.came) >= 4
                assert len({round(at / 60) for at in first}) > 1, "not all at once"

    travel(story())


async def test_who_is_let_go_and_never_says_good_bye_keeps_nobody_else_out() -> None:
    """What a TLS connection of his was called by the system is soon another's."""

    def rude(port: int) -> ssl.SSLSocket:
        context = platform_client(authority().pem)
        made = context.wrap_socket(socket.create_connection((LOOPBACK, port)), server_hostname=TS)
        made.sendall(frame_bytes({"rubbish": True}))
        return made

    async with segments(has_hub=False) as running:
        target = running.target(by_zone=False)
        held = [await asyncio.to_thread(rude, target.port) for _ in range(3)]
        await asyncio.sleep(1.3)
        for number in range(3):
            async with client(target, f"pc{number}", own={MODE: number and 1}):
                await until(lambda number=number: running.by_name(f"pc{number}"), 5)
        for each in held:
            each.close()


def test_which_hubs_are_here_is_told_rightly_though_an_earlier_connection_of_one_ends_later() -> None:
    async def story() -> None:
        async with network() as here:
            (stalled,) = here.relays["hub - Tanium Server"].open
            stalled.stall()
            await asyncio.sleep(200)
            assert here.hub._server.is_open
            await asyncio.sleep(1000)
            state = await here.running.server.answer("state", {})
            assert state is not None
            assert state["hubs"] == {TS: True}

    travel(story())


def test_a_hub_that_went_silent_is_soon_known_to_be_gone() -> None:
    async def story() -> None:
        async with network() as here:
            lost = here.relays["hub - Tanium Server"]
            lost.open[0].stall()
            lost.to = 1
            await asyncio.sleep(100)
            state = await here.running.server.answer("state", {})
            assert state is not None
            assert not state["hubs"]

    travel(story())
