"""A Tanium Server with its root and own pair, and Zone Servers that trust it."""

import shutil
import subprocess
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tanos.appliance import Appliance
from tanos.exchange.create_csr import CREATE_CSR
from tanos.exchange.import_certificate import IMPORT_CERTIFICATE
from tanos.exchange.import_request import IMPORT_REQUEST
from tanos.exchange.own_pair import issue_own_pair
from tanos.exchange.root import IMPORT_PUBLIC_KEY
from tanos.keeper import Keeper
from tanos.operation import Operation, Plan, Result, silent
from tanos.platform import R7_3, Identity, Role
from tests.conftest import TS1, bare_appliance, call


class Clock:
    """Stands still until it is moved; begins now, because openssl judges by its own clock."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC).replace(microsecond=0)

    def __call__(self) -> datetime:
        return self.now

    def go(self, **ahead: float) -> None:
        self.now += timedelta(**ahead)


@pytest.fixture
def clock() -> Clock:
    """The one clock of all appliances."""
    return Clock()


@pytest.fixture
def server(tmp_path: Path, clock: Clock) -> Appliance:
    """A Tanium Server with hub."""
    appliance = bare_appliance(tmp_path / "ts1", TS1)
    appliance.clock = clock
    keeper = Keeper(appliance)
    keeper.make_root()
    issue_own_pair(call(appliance), keeper)
    return appliance


@pytest.fixture
def zone_server(server: Appliance, tmp_path: Path, clock: Clock) -> Callable[[str], Appliance]:
    """Makes a Zone Server by name that trusts the server's root."""

    def make(name: str, trusting: bool = True) -> Appliance:
        identity = Identity(name, f"{name}.lab.test", Role.ZONE_SERVER, R7_3, frozenset(), ("127.0.0.1", "10.0.0.12"))
        appliance = bare_appliance(tmp_path / name, identity)
        appliance.clock = clock
        if trusting:
            now(do(appliance, IMPORT_PUBLIC_KEY, source="paste", text=(server.root / "tanium.pub").read_bytes()))
        return appliance

    return make


@pytest.fixture
def zone(zone_server: Callable[[str], Appliance]) -> Appliance:
    """The Zone Server zs1."""
    return zone_server("zs1")


def now(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run an operation that awaits nothing, with or without an event loop."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: Result = end.value
        return result
    raise AssertionError


async def plan(appliance: Appliance, operation: Operation[Any], **answers: Any) -> Plan[Any]:
    """Prepare an operation."""
    return await operation.prepare(call(appliance), **answers)


async def do(appliance: Appliance, operation: Operation[Any], **answers: Any) -> Result:
    """Do an operation as one who confirms everything."""
    prepared = await plan(appliance, operation, **answers)
    assert not prepared.refusals, prepared.refusals
    return await operation.apply(call(appliance), prepared, silent)


async def exchange(zone: Appliance, server: Appliance) -> tuple[Result, Result, Result]:
    """Go through the whole exchange by paste."""
    made = await do(zone, CREATE_CSR)
    issued = await do(server, IMPORT_REQUEST, source="paste", text=made.data["csr"].encode())
    installed = await do(zone, IMPORT_CERTIFICATE, source="paste", text=issued.data["certificate"].encode())
    return made, issued, installed


def send(source: Path, target: Path, *names: str) -> None:
    """Carry files as SFTP would."""
    for name in names:
        shutil.copy(source / name, target / name)


def done(appliance: Appliance) -> list[str]:
    """Return the verbs that the audit says were done, and on what."""
    return [
        row["object"] for row in appliance.store.rows("SELECT object FROM audit WHERE result = 'done' ORDER BY id")
    ]


def tree(directory: Path) -> dict[str, bytes]:
    """Return every file below a directory with its content."""
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def openssl(*words: str) -> str:
    """Ask the independent judge; return what it says."""
    done = subprocess.run(["openssl", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
