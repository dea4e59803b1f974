"""What a zone server of 7.4 fetches from its Tanium Server: tanium-init.dat, and tanium.pub where there is none."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from sftp.carrying import pulling
from tanos.appliance import Appliance
from tanos.infrastructure.operations import EXPORT_INFRASTRUCTURE, INIT_FILE
from tanos.peers import Peer
from tanos.platform import R7_3, R7_4, Identity, Release, Role
from tanos.roots.kept import find_root
from tests.conftest import bare_appliance, call
from tests.tanos.exchange.conftest import Clock, clock, do
from tests.tanos.roots.made import ROOT_0, server_of_7_4

__all__ = ["clock"]


class Box:
    """The other's drop box, without a network between."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def fetch(self, path: str, limit: int) -> bytes | None:
        """Return a file, None where there is none."""
        file = self._directory / path.rpartition("/")[2]
        return file.read_bytes()[: limit + 1] if file.exists() else None


@pytest.fixture
async def server(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Appliance:
    """A Tanium Server of 7.4 that has put its files out, and is the one peer."""
    appliance = server_of_7_4(tmp_path, clock)
    await do(appliance, EXPORT_INFRASTRUCTURE)

    @asynccontextmanager
    async def drop_box(here: Appliance, there: Peer) -> AsyncIterator[Box]:
        yield Box(appliance.outgoing)

    monkeypatch.setattr(pulling, "drop_box", drop_box)
    monkeypatch.setattr(pulling, "certificate_peer", lambda here, name: Peer("ts4", "192.0.2.4", 22, "", ""))
    return appliance


@pytest.fixture
def zone(tmp_path: Path, clock: Clock) -> Callable[[Release], Appliance]:
    """Make a zone server of a release."""

    def made(release: Release) -> Appliance:
        appliance = bare_appliance(tmp_path / "zs", Identity("zs1", "zs1.lab.test", Role.ZONE_SERVER, release))
        appliance.clock = clock
        return appliance

    return made


async def fetched(appliance: Appliance, root: str) -> dict[str, Any]:
    plan = await pulling.prepare_root(call(appliance), source="peer", fingerprint=root)
    assert plan.refusals == ()
    return dict(plan.data)


async def test_the_file_of_all_roots_comes_first_on_7_4(server: Appliance, zone: Callable[..., Appliance]) -> None:
    data = await fetched(zone(R7_4), find_root(server, ROOT_0).check_code)
    assert data["server"] == "ts4.lab.test"


async def test_tanium_pub_is_taken_where_there_is_no_other(server: Appliance, zone: Callable[..., Appliance]) -> None:
    (server.outgoing / INIT_FILE).unlink()
    data = await fetched(zone(R7_4), find_root(server, "legacy-root").check_code)
    assert data["subject"] == "CN=legacy-root"


async def test_until_7_3_it_is_tanium_pub_alone(server: Appliance, zone: Callable[..., Appliance]) -> None:
    data = await fetched(zone(R7_3), find_root(server, "legacy-root").check_code)
    assert "server" not in data
