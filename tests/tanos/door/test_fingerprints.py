"""Host keys are shown as clients show them, judged by ssh-keygen."""

import asyncio
import json
import subprocess
from pathlib import Path

from menus.shown import as_read
from tanos.appliance import Appliance
from tanos.door.fingerprints import known_host, read_fingerprints
from tanos.door.rotation_operations import ROTATE_HOST_KEY
from tanos.keeper import Keeper
from tanos.operation import silent
from tanos.report import CopyText, Table
from tests.conftest import call


async def test_every_type_has_the_fingerprint_and_the_line_that_ssh_keygen_agrees_with(
    bare_zone_server: Appliance, tmp_path: Path
) -> None:
    Keeper(bare_zone_server).make_host_keys()
    (bare_zone_server.run / "door.json").write_text(json.dumps({"address": "127.0.0.1", "port": 2222}))
    shown = (await read_fingerprints(call(bare_zone_server))).data["host_keys"]
    assert [each["type"] for each in shown] == ["ssh-ed25519", "ssh-rsa"]
    pinned = tmp_path / "known_hosts"
    pinned.write_text("".join(f"{each['known_hosts']}\n" for each in shown))
    words = ["ssh-keygen", "-l", "-F", known_host(bare_zone_server), "-f", str(pinned)]
    found = (await asyncio.to_thread(subprocess.run, words, capture_output=True, text=True, check=True)).stdout
    assert known_host(bare_zone_server) == "[zs1.lab.test]:2222"
    for each in shown:
        assert each["fingerprint"] in found


def test_a_door_on_the_usual_port_needs_no_port_in_known_hosts(bare_zone_server: Appliance) -> None:
    assert known_host(bare_zone_server) == "zs1.lab.test"


async def test_what_is_compared_is_read_before_what_is_copied(bare_zone_server: Appliance) -> None:
    Keeper(bare_zone_server).make_host_keys()
    asked = call(bare_zone_server)
    await ROTATE_HOST_KEY.apply(asked, await ROTATE_HOST_KEY.prepare(asked, kind="ed25519"), silent)
    sections = as_read((await read_fingerprints(asked)).sections)
    assert [type(section) for section in sections] == [Table, Table, CopyText]
    assert "Announced since" in [str(column) for column in sections[0].columns]  # type: ignore[union-attr]  # a table
