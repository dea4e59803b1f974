"""Two Tanium Servers in one loop: the services themselves, each with the supervisor's part over a line."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from tanos.roots.trusted import trusted_pem
from tanos.services.catalogue import PLATFORM, TANIUM_SERVER
from tanos.services.frames import Frame
from tanos.services.line import Line
from tanos.services.orders import Orders
from tanos.services.tanium_server.program import TaniumServer
from tanos.subordinate.held import by_root, roots_in_use, serving_keys
from tanos.subordinate.own import make_own, wanted_roots
from tanos.supervising.attending import Attending
from tanos.supervising.process import Supervised
from tanos.synchronising.exchange import Synchroniser
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock
from tests.tanos.synchronising.made import Server
from tests.tanos.trust.made import known, server, stand

LOOPBACK = "127.0.0.1"


@dataclass
class Standing:
    """One server that listens."""

    server: Server
    attending: Attending
    service: TaniumServer
    restarted: list[str]

    @property
    def place(self) -> str:
        """Where it is, as the other names it."""
        return f"{self.server.appliance.identity.fqdn}={LOOPBACK}:{self.service.ports[PLATFORM]}"

    def goes_to(self, *places: str) -> None:
        """Have it go there."""
        self.server.set("TaniumServerList", ",".join(places) or None, "server")
        self.attending.partnering.look_soon()

    def accepts(self) -> None:
        """Accept the one other server that is known, as an operator would."""
        other = known(self.server.appliance)
        stand(self.server.appliance, other.key, other.standing.accepted())
        self.attending.partnering.look_soon()

    @property
    def visits(self) -> list[Frame]:
        """How its visits went."""
        visits: list[Frame] = self.service._partner.as_data()["partners"]
        return visits


def two(directory: Path, clock: Clock) -> tuple[Server, Server]:
    """Make two that know nothing of each other, each with a key below its root."""
    made = server(directory, "ts1", clock), server(directory, "ts2", clock)
    for each in made:
        make_own(call(each, "subordinate"), wanted_roots(each))
    return Server(made[0], Synchroniser(made[0])), Server(made[1], Synchroniser(made[1]))


def orders_of(of: Server, attending: Attending, port: int = 0) -> Orders:
    """Return what its process is told."""
    appliance, identity = of.appliance, of.appliance.identity
    pairs = by_root(serving_keys(appliance, roots_in_use(appliance)))
    return Orders(
        TANIUM_SERVER.name, identity.name, identity.fqdn, identity.release.name, LOOPBACK, {PLATFORM: port}, {},
        trusted_pem(appliance), attending.partnering.orders(), pairs,
    )  # fmt: skip


@asynccontextmanager
async def standing(of: Server, port: int = 0) -> AsyncIterator[Standing]:
    """Have one stand for as long as the block lasts."""
    attending, restarted = Attending(of.appliance), list[str]()
    ours, theirs = socket.socketpair()
    asker = cast(Supervised, SimpleNamespace(service=TANIUM_SERVER))

    async def answer(what: str, words: Frame) -> Frame | None:
        return await attending.answer(asker, what, words)

    async def nothing(_: str, __: Frame) -> None:
        return None

    async def renew() -> None:
        service._renew(orders_of(of, attending, port))

    async def restart(name: str) -> None:
        restarted.append(name)

    near, far = await Line.over(ours, answer), await Line.over(theirs, nothing)
    service = TaniumServer(orders_of(of, attending, port), far)
    supervised = cast(Supervised, SimpleNamespace(is_running=True, renew=renew))
    services = {TANIUM_SERVER.name: supervised}
    tasks = [asyncio.create_task(each) for each in (near.run(), far.run(), attending.keep())]
    tasks.append(asyncio.create_task(attending.partnering.keep(services, restart)))
    try:
        await service.open()
        yield Standing(of, attending, service, restarted)
        ended = [task for task in tasks if task.done()]
        assert not ended
    finally:
        await service.close()
        near.close()
        far.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(true: object, seconds: float = 60.0) -> None:
    """Wait until a thing is so."""
    assert callable(true)
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - what is waited for is in the same loop
            await asyncio.sleep(0.01)
