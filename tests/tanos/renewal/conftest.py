"""The appliances of the exchange, and a Module Server and a Tanium Server with the pairs of an installation."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from tanos.appliance import Appliance
from tanos.certificates.pair_kinds import SOAP, SSL, PairKind
from tanos.certificates.self_signed import self_signed
from tanos.keeper import Keeper
from tests.conftest import MS1, TS1, bare_appliance
from tests.tanos.exchange.conftest import Clock, clock, server, zone, zone_server

__all__ = ["clock", "server", "zone", "zone_server"]


@cache
def made(kind: PairKind, fqdn: str, *names: str) -> tuple[bytes, bytes]:
    """Return a pair as an installation makes it, once: its key is slow."""
    return self_signed(kind, fqdn, names, datetime.now(UTC))


@pytest.fixture
def console(server: Appliance) -> Appliance:
    """A Tanium Server that has its certificate for HTTPS, too."""
    Keeper(server).install_pair(SOAP.name, *made(SOAP, TS1.fqdn, "ts1-alias.lab.test"), "system")
    return server


@pytest.fixture
def modules(tmp_path: Path, clock: Clock) -> Appliance:
    """A Module Server."""
    appliance = bare_appliance(tmp_path / "ms1", MS1)
    appliance.clock = clock
    Keeper(appliance).install_pair(SSL.name, *made(SSL, MS1.fqdn), "system")
    return appliance
