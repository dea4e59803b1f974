"""A Zone Server, and a Tanium Server behind a strange drop box that lets it in; nothing else was exchanged."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tanos.actor import Actor, Call
from tanos.appliance import Appliance, utc_now
from tanos.exchange.import_request import IMPORT_REQUEST
from tanos.exchange.root import EXPORT_PUBLIC_KEY
from tanos.keeper import Keeper
from tanos.operation import Operation, Plan, Result, silent
from tanos.platform import UserRole
from tests.conftest import TS1, ZS1, bare_appliance
from tests.sftp.carrying.server import StrangeBox, strange_box


@dataclass(frozen=True)
class Pair:
    """Both appliances, and where the Tanium Server answers."""

    zs1: Appliance
    ts1: Appliance
    box: StrangeBox

    @property
    def address(self) -> str:
        """Where ts1's drop box answers."""
        return f"127.0.0.1:{self.box.port}"

    @property
    def answers(self) -> dict[str, Any]:
        """The answers that send a request to ts1, unknown until now."""
        return {
            "send": True,
            "peer": "ts1",
            "host": "127.0.0.1",
            "port": str(self.box.port),
            "host_key": self.box.fingerprint(),
        }


def make_zone_server(directory: Path, name: str = "zs1") -> Appliance:
    """Make a Zone Server with its own SSH pair."""
    appliance = bare_appliance(directory / name, replace(ZS1, name=name, fqdn=f"{name}.lab.test"))
    appliance.clock = utc_now
    keeper = Keeper(appliance)
    keeper.keep_ssh_pair("tanadmin", keeper.new_ssh_pair("tanadmin"))
    return appliance


def make_tanium_server(directory: Path) -> Appliance:
    """Make a Tanium Server with its root."""
    appliance = bare_appliance(directory / "ts1", TS1)
    appliance.clock = utc_now
    Keeper(appliance).make_root()
    return appliance


@contextmanager
def pair(directory: Path) -> Iterator[Pair]:
    """Make both, and let the Zone Server into the Tanium Server's drop box."""
    zs1, ts1 = make_zone_server(directory), make_tanium_server(directory)
    line = (zs1.ssh / "tanadmin_ed25519.pub").read_text()
    with strange_box(ts1.home / "dropbox", line) as box:
        yield Pair(zs1, ts1, box)


def call(appliance: Appliance, face: str = "verb") -> Call:
    """Return a call by tanadmin."""
    return Call(appliance, Actor("tanadmin", UserRole.TANADMIN, face), "test")


async def plan(appliance: Appliance, operation: Operation[Any], face: str = "verb", **answers: Any) -> Plan[Any]:
    """Prepare."""
    return await operation.prepare(call(appliance, face), **answers)


async def do(appliance: Appliance, operation: Operation[Any], face: str = "verb", **answers: Any) -> Result:
    """Prepare and apply, as one who confirms everything."""
    prepared = await plan(appliance, operation, face, **answers)
    assert not prepared.refusals, prepared.refusals
    return await operation.apply(call(appliance, face), prepared, silent)


async def answer(ts1: Appliance, file: str = "reporting.csr") -> Result:
    """Issue the certificate for what lies in ts1's /incoming."""
    return await do(ts1, IMPORT_REQUEST, source="incoming", file=file)


async def export_root(ts1: Appliance) -> Result:
    """Put the root into ts1's /outgoing."""
    return await do(ts1, EXPORT_PUBLIC_KEY)
