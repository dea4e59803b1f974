"""A Tanium Server that issued to two zone servers, and one of them, which trusts its root."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tanos.appliance import Appliance
from tanos.revocation.kept import KeptList, kept_list
from tests.tanos.exchange.conftest import clock, exchange, server, zone, zone_server

__all__ = ["clock", "server", "zone", "zone_server"]


@pytest.fixture
async def issued(server: Appliance, zone: Appliance, zone_server: Callable[[str], Appliance]) -> list[str]:
    """The serials of zs1 and zs2."""
    both = [await exchange(each, server) for each in (zone, zone_server("zs2"))]
    return [each.data["serial"] for _, each, _ in both]


@pytest.fixture
def root(server: Appliance) -> Path:
    """Where its root certificate lies."""
    return server.root / "tanium.pub"


def kept(appliance: Appliance) -> KeptList:
    """Return its list, which is there."""
    found = kept_list(appliance)
    assert found is not None
    return found
