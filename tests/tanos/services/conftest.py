"""Appliances whose services are kept running by a supervisor in this process; the services are processes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tanos.appliance import Appliance
from tanos.certificates.pair_kinds import SOAP
from tanos.certificates.self_signed import self_signed
from tanos.setup import init_appliance
from tanos.supervising.supervisor import Supervisor
from tests.conftest import TS1, ZS1
from tests.tanos.keys.forms import LINE
from tests.tanos.services.console_desk import Desk, opened

LOOPBACK = "127.0.0.1"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Appliance:
    """A Tanium Server with hub."""
    return init_appliance(
        tmp_path_factory.mktemp("server") / "ts1", TS1, authorized_key=LINE.encode(), password=None
    ).appliance


@pytest.fixture(scope="module")
def zone(tmp_path_factory: pytest.TempPathFactory) -> Appliance:
    """A Zone Server that has no certificate yet."""
    return init_appliance(
        tmp_path_factory.mktemp("zone") / "zs1", ZS1, authorized_key=LINE.encode(), password=None
    ).appliance


@asynccontextmanager
async def supervising(appliance: Appliance) -> AsyncIterator[Supervisor]:
    """Supervise for as long as the block lasts; every enabled service was started once."""
    supervisor, stopped = Supervisor(appliance, LOOPBACK), asyncio.Event()
    running = asyncio.create_task(supervisor.run(stopped))
    try:
        await until(lambda: all(each.is_running or each.problem for each in supervisor.wanted()))
        yield supervisor
    finally:
        stopped.set()
        await running


async def until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until a thing is so."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - what is waited for is in other processes
            await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
def console_pair() -> tuple[str, str]:
    """Certificate and key, which sign themselves."""
    key, certificate = self_signed(SOAP, TS1.fqdn, (), datetime.now(UTC))
    return certificate.decode(), key.decode()


@pytest.fixture
async def desk(console_pair: tuple[str, str], tmp_path: Path) -> AsyncIterator[Desk]:
    """A console and who asks it."""
    async with opened(console_pair, tmp_path) as each:
        yield each
