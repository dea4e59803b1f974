"""One appliance in a temporary directory, or a pair; a fixed clock."""

import os
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tanos.actor import Actor, Call, system_call
from tanos.appliance import Appliance, lay_out
from tanos.certificates.self_signed import RSA_BITS
from tanos.keys.host_pairs import RSA_BITS as HOST_RSA_BITS
from tanos.platform import R7_3, AddOn, Identity, Role, UserRole
from tanos.services.catalogue import services_of
from tanos.services.enabled import set_enabled

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)

TS1 = Identity("ts1", "ts1.lab.test", Role.TANIUM_SERVER, R7_3, frozenset({AddOn.ZONE_SERVER_HUB}), ("127.0.0.1",))
ZS1 = Identity("zs1", "zs1.lab.test", Role.ZONE_SERVER, R7_3, frozenset(), ("127.0.0.1",))
MS1 = Identity("ms1", "ms1.lab.test", Role.MODULE_SERVER, R7_3)


def pytest_report_header() -> str:
    """Say as whom the stories run: file modes prove nothing to root."""
    if os.getuid() != 0:
        return "stories run as this user"
    return "started by root: the stories' appliances run as nobody; where that is not possible, test_private.py skips"


def bare_appliance(home: Path, identity: Identity) -> Appliance:
    """Lay out a home without users, keys or root: what a unit test of one room needs."""
    lay_out(home, identity)
    return Appliance(home, identity, clock=lambda: NOON)


def call(appliance: Appliance, verb: str = "test") -> Call:
    """Return a call by tanadmin."""
    return Call(appliance, Actor("tanadmin", UserRole.TANADMIN, "verb"), verb)


@pytest.fixture
def same_rsa_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make RSA keys of a size once: for tests that make many homes, where it matters that there is one, not which."""
    made = cache(rsa.generate_private_key)
    for bits in {RSA_BITS, HOST_RSA_BITS}:
        made(65537, bits)
    monkeypatch.setattr(
        rsa, "generate_private_key", lambda public_exponent, key_size: made(public_exponent, key_size)
    )


@pytest.fixture
def bare_tanium_server(tmp_path: Path) -> Appliance:
    """A Tanium Server with hub, nothing made yet."""
    return bare_appliance(tmp_path / "ts1", TS1)


@pytest.fixture
def bare_zone_server(tmp_path: Path) -> Appliance:
    """A Zone Server, nothing made yet."""
    return bare_appliance(tmp_path / "zs1", ZS1)


def without_services(appliance: Appliance) -> None:
    """Have no service start with an appliance: what is served otherwise starts sooner, and has fewer processes."""
    with appliance.store.change(system_call(appliance, "services disable")) as change:
        for service in services_of(appliance.identity):
            set_enabled(change, service.name, False)
