"""A Tanium Server of release 7.4 with its roots, beside that of 7.3 from the exchange's tests."""

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tanos.appliance import Appliance
from tanos.certificates import seal
from tanos.keeper import Keeper
from tanos.operation import silent
from tanos.platform import R7_4, AddOn, Identity, Role
from tanos.roots.create import CREATE_ROOT, make_first_root
from tanos.roots.kept import Root, rotating
from tests.conftest import bare_appliance, call
from tests.tanos.exchange.conftest import Clock

TS4 = Identity("ts4", "ts4.lab.test", Role.TANIUM_SERVER, R7_4, frozenset({AddOn.ZONE_SERVER_HUB}), ("127.0.0.1",))
ROOT_0, ROOT_1, ROOT_2 = (f"ts4.lab.test Root {number}" for number in range(3))


@pytest.fixture
def cheap_seal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a seal cost nothing: for tests that open many, where it matters that it opens, not what that costs."""
    monkeypatch.setitem(seal._COST, "n", 2**10)


def server_of_7_4(directory: Path, clock: Clock) -> Appliance:
    """Return one with `legacy-root` and `Root 0`, and no pair."""
    appliance = bare_appliance(directory / "ts4", TS4)
    appliance.clock = clock
    Keeper(appliance).make_root()
    make_first_root(call(appliance, "init root-key"))
    return appliance


async def another_root(appliance: Appliance) -> Root:
    """Have one made beside those that there are."""
    plan = await CREATE_ROOT.prepare(call(appliance))
    assert plan.refusals == ()
    await CREATE_ROOT.apply(call(appliance), plan, silent)
    return rotating(appliance)[-1]


def verified(certificate: str, *roots: str) -> bool:
    """Ask openssl whether one of the roots, and its dates, make the certificate good."""
    with TemporaryDirectory() as made:
        place = Path(made)
        (place / "leaf").write_text(certificate)
        (place / "roots").write_text("".join(roots))
        words = ["openssl", "verify", "-x509_strict", "-CAfile", "roots", "leaf"]
        return subprocess.run(words, cwd=place, capture_output=True, timeout=60, check=False).returncode == 0


def judged(pem: str, words: str) -> str:
    """Return what openssl says of a certificate."""
    done = subprocess.run(
        ["openssl", "x509", *words.split()], input=pem.encode(), capture_output=True, check=True, timeout=60
    )
    return done.stdout.decode()
