"""An active-active pair, its services in processes of their own: one is gone, and nothing is lost for it."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest

from tanos.platform import R7_4, Identity, Role
from tanos.services.catalogue import PLATFORM, TANIUM_SERVER
from tanos.services.connecting import Target
from tanos.services.line import LineLost
from tanos.services.registered import registered
from tanos.setup import init_appliance
from tanos.supervising.supervisor import Supervisor
from tanos.synchronising.exchange import Synchroniser
from tanos.trust.kept import others
from tests.tanos.keys.forms import LINE
from tests.tanos.services.conftest import LOOPBACK, supervising, until
from tests.tanos.services.segments import client
from tests.tanos.synchronising.made import Server
from tests.tanos.trust.made import known, stand

LONGEST, LEAST, FLAG = "OptionalTLSMaxBackoffSeconds", "OptionalTLSMinAttemptCount", "enable_protocol_314_flag"
NAME = {"name": TANIUM_SERVER.name}


def made(directory: Path, name: str) -> Server:
    """Make one, as it is installed."""
    identity = Identity(name, f"{name}.lab.test", Role.TANIUM_SERVER, R7_4)
    appliance = init_appliance(directory / name, identity, authorized_key=LINE.encode(), password=None).appliance
    return Server(appliance, Synchroniser(appliance))


def place(server: Server, supervisor: Supervisor) -> str:
    """Return where it listens, as others name it."""
    port = supervisor.services[TANIUM_SERVER.name].ports[PLATFORM]
    return f"{server.appliance.identity.fqdn}={LOOPBACK}:{port}"


async def visit_until(true: Callable[[], bool], supervisor: Supervisor, where: str) -> None:
    """Have the server go there, as an operator who looks for it does, until a thing is so."""
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0.05)
            with suppress(LineLost):  # it is started again by a setting that came
                await supervisor.answer("ask", {**NAME, "what": "visit", "words": {"target": where}})


@pytest.mark.crash
async def test_one_of_two_is_gone_and_clients_move_and_both_are_alike_once_it_is_back(tmp_path: Path) -> None:
    one, other = made(tmp_path, "ts1"), made(tmp_path, "ts2")
    async with AsyncExitStack() as stack:
        second = await stack.enter_async_context(supervising(other.appliance))
        async with supervising(one.appliance) as first:
            where = place(one, first), place(other, second)
            await visit_until(lambda: bool(others(other.appliance) and known(other.appliance).code), second, where[0])
            for each in (one, other):
                stand(each.appliance, known(each.appliance).key, known(each.appliance).standing.accepted())
            one.set(FLAG, "1")
            one.set("ServerNameList", ",".join(where), "clients")
            await first.answer("restart", NAME)
            await visit_until(lambda: other.get(FLAG) == 1, second, where[0])
            pc1 = await stack.enter_async_context(client(Target.read(where[0]), own={"ReportingTLSMode": 0}))
            await until(lambda: pc1.connection is not None)
            await until(lambda: [each.name for each in registered(one.appliance, "client")] == ["pc1"])
        one.set(LEAST, "7", "clients")
        other.set(LONGEST, "60", "clients")
        await until(lambda: [each.name for each in registered(other.appliance, "client")] == ["pc1"])
        async with supervising(one.appliance) as first:
            assert place(one, first) == where[0]
            await visit_until(lambda: one.get(LONGEST, "clients") == 60, second, where[0])
            assert other.get(LEAST, "clients") == 7
