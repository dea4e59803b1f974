"""A certificate that is fetched through the door moves its exchange on."""

import asyncio
from pathlib import Path

import asyncssh
import pytest

from tanos.appliance import Appliance
from tanos.exchange.create_csr import CREATE_CSR
from tanos.exchange.import_request import IMPORT_REQUEST
from tanos.exchange.root import IMPORT_PUBLIC_KEY
from tanos.overview.status import ZONE_SERVER_STATUS
from tests.conftest import TS1, ZS1, bare_appliance, call
from tests.sftp.door.conftest import OpenDoor, a_door, make_home
from tests.sftp.door.processes import soon
from tests.tanos.exchange.conftest import do

pytestmark = pytest.mark.door


async def test_a_pulled_certificate_is_on_its_way_back_and_a_part_of_it_is_not(tmp_path: Path) -> None:
    server = make_home(tmp_path, TS1)
    zone = bare_appliance(tmp_path / "zs1", ZS1)
    zone.clock = server.clock
    await do(zone, IMPORT_PUBLIC_KEY, source="paste", text=(server.root / "tanium.pub").read_bytes())
    made = await do(zone, CREATE_CSR)
    await do(server, IMPORT_REQUEST, source="paste", text=made.data["csr"].encode())
    name = f"/outgoing/reporting-{made.data['check_code'][:4]}.crt"

    def last() -> tuple[str, ...]:
        rows = server.store.rows("SELECT object, result FROM audit WHERE verb = 'files get' ORDER BY id DESC LIMIT 1")
        return tuple(rows[0]) if rows else ()

    (server.outgoing / "other").write_text("nothing")

    with a_door(tmp_path, server) as door:
        await asyncio.to_thread(door.sftp, f"get /outgoing/other {tmp_path}/root\n")
        assert await asyncio.to_thread(soon, lambda: last() == ("/outgoing/other", "done"))
        await _read_a_part(door, name)
        assert await asyncio.to_thread(soon, lambda: last() == (name, "cut-short"))
        assert await _state(server) == "issued"

        await asyncio.to_thread(door.sftp, f"get {name} {tmp_path}/fetched\n")
        assert await asyncio.to_thread(soon, lambda: last() == (name, "done"))
        assert await _state(server) == "returned"


async def _read_a_part(door: OpenDoor, name: str) -> None:
    connecting = asyncssh.connect(
        "127.0.0.1",
        door.port,
        username="tancopy",
        client_keys=[str(door.directory / "id")],
        known_hosts=None,
        config=None,
    )
    async with connecting as connection, connection.start_sftp_client() as client, client.open(name, "rb") as file:
        assert len(await file.read(10)) == 10


async def _state(server: Appliance) -> str:
    status = await ZONE_SERVER_STATUS.read(call(server))
    return str(status.data["exchanges"][0]["state"])
