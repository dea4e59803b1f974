"""A Tanium Server, its hub and zone servers in one loop: the services themselves, their supervisor a list."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from tanos.services.catalogue import PLATFORM
from tanos.services.client.client import RESET_SECONDS, Client, Who
from tanos.services.client.keyring import Keyring
from tanos.services.client.neighbours import Neighbourhood
from tanos.services.client.settings import ClientSettings
from tanos.services.connecting import Target, TlsMode
from tanos.services.frames import HEAD, Frame, frame_bytes, parse_frame
from tanos.services.hub.program import Hub
from tanos.services.key_words import ASKED
from tanos.services.line import Line
from tanos.services.orders import Orders
from tanos.services.protocol import NEW
from tanos.services.revocations import WHAT
from tanos.services.tanium_server.program import TaniumServer
from tanos.services.tls import platform_client
from tanos.services.zone_server.program import ZoneServer
from tests.tanos.services.authority import authority
from tests.tanos.services.saying import authority_root, grant, said_words

TS, ZS = "ts1.lab.test", "zs1.lab.test"
LOOPBACK = "127.0.0.1"
Settings = Mapping[str, Any]


@dataclass
class Told:
    """A supervisor's end: what a service said."""

    reports: dict[tuple[str, str], Frame] = field(default_factory=dict)
    segments: list[Frame] = field(default_factory=list)
    keys: list[Frame] = field(default_factory=list)
    """What a zone server asked about its keys, or told."""
    lists: list[Frame] = field(default_factory=list)
    """Parts of lists of what is revoked."""

    async def ask(self, what: str, **words: Any) -> Frame:
        """Take reports, as they come over a line."""
        if what == "intermediate":
            return grant(words)
        if what == ASKED:
            self.keys.append(words["words"])
            return {}
        assert what == "reports"
        words = parse_frame(frame_bytes({"ask": what, "number": 1, "words": words})[HEAD:])["words"]
        self.reports |= {(one["kind"], one["id"]): one for one in words["reports"]}
        return {}

    def tell(self, what: str, **words: Any) -> None:
        """Take segments, and what a zone server learned."""
        if what == WHAT:
            self.lists.append(words)
            return
        assert what == "segments"
        self.segments = words["segments"]


@dataclass
class Segments:
    """What runs."""

    told: Told
    release: str
    server: TaniumServer
    zone: ZoneServer
    hub: Hub | None = None

    def target(self, *, by_zone: bool) -> Target:
        """Return where a client connects to."""
        service: TaniumServer | ZoneServer = self.zone if by_zone else self.server
        return Target(ZS if by_zone else TS, LOOPBACK, service.ports[PLATFORM])

    def by_name(self, name: str) -> Frame | None:
        """Return what was reported last of one client."""
        return next((one for one in self.told.reports.values() if one["name"] == name), None)


def orders(name: str, release: str, settings: Settings, *, has_pair: bool = True, port: int = 0) -> Orders:
    """Return what a service is told."""
    root = authority()
    pairs = {"reporting": root.pair(name)} if has_pair else {}
    return Orders("", name, name, release, LOOPBACK, {PLATFORM: port}, pairs, root.pem, settings)


@asynccontextmanager
async def segments(
    *,
    release: str = "7.3",
    server: Settings | None = None,
    zone: Settings | None = None,
    server_mode: int = TlsMode.REQUIRED,
    zone_mode: int = TlsMode.REQUIRED,
    has_hub: bool = True,
    zone_pair: bool = True,
    told: Told | None = None,
) -> AsyncIterator[Segments]:
    """Run all three for as long as the block lasts."""
    told = told or Told()
    line = cast(Line, told)
    async with AsyncExitStack() as stack:
        tanium = TaniumServer(orders(TS, release, server or {}), line)
        stack.push_async_callback(tanium.close)
        await tanium.open()
        if release == "7.4":
            await tanium.answer("message", said_words(**(server or {}).get("for_clients", {})))
        told_zone = {"AllowedHubs": LOOPBACK, **(zone or {})}
        zone_server = ZoneServer(orders(ZS, release, told_zone, has_pair=zone_pair), line)
        stack.push_async_callback(zone_server.close)
        zone_server.open()
        running = Segments(told, release, tanium, zone_server)
        if has_hub:
            running.hub = made_hub(running, server_mode, zone_mode)
            stack.push_async_callback(running.hub.close)
            await until(lambda: told.segments and all(each["connected"] for each in told.segments))
        yield running


def made_hub(
    running: Segments,
    server_mode: int = TlsMode.REQUIRED,
    zone_mode: int = TlsMode.REQUIRED,
    name: str = TS,
    *,
    server: Target | None = None,
    zone: Target | None = None,
) -> Hub:
    """Return a hub that connects: to both, or to whatever stands before them."""
    settings = {
        "server": str(server or running.target(by_zone=False)), "server_tls": server_mode,
        "ZoneServerList": str(zone or running.target(by_zone=True)), "zone_tls": zone_mode,
    }  # fmt: skip
    return Hub(orders(name, running.release, settings), cast(Line, running.told))


@asynccontextmanager
async def client(
    target: Target,
    name: str = "pc1",
    release: str = "7.2",
    *,
    settings: ClientSettings | None = None,
    root: bool = True,
    meets: bool = False,
    own: Mapping[str, int] | None = None,
    reset: tuple[float, float] = RESET_SECONDS,
) -> AsyncIterator[Client]:
    """Run one client for as long as the block lasts."""
    who = Who(name, release)
    context = platform_client(authority().pem) if root else None
    settings = settings or ClientSettings(who.protocol, None, own)
    keyring = Keyring(settings, [authority_root()]) if who.protocol == NEW else None
    made = Client(who, target, settings, context, reset=reset, keyring=keyring)
    if meets:
        made.neighbours = Neighbourhood(made.hello, made.keyring)
    task = asyncio.create_task(made.keep())
    try:
        yield made
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if made.neighbours:
            await made.neighbours.close()


async def until(true: Any, seconds: float = 60.0) -> None:
    """Wait until a thing is so, in this loop."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - what is waited for is in the same loop
            await asyncio.sleep(0.005)
