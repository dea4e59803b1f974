"""Host keys are shown as clients show them, judged by ssh-keygen."""

import asyncio
import json
import subprocess
from pathlib import Path

from tanos.appliance import Appliance
from tanos.door.fingerprints import known_host, read_fingerprints
from tanos.keeper import Keeper
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
