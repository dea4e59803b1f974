"""The same exchange through our own front door, on both ways: by the appliance itself and by the courier."""

import getpass
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sftp.courier import carry
from sftp.operations import CREATE_CSR, IMPORT_CERTIFICATE, IMPORT_PUBLIC_KEY, PEER_ADD, SEND_CSR
from tanos.actor import system_call
from tanos.appliance import Appliance
from tanos.errors import NotYet
from tanos.keys.authorized import authorize
from tanos.keys.host_keys import host_fingerprints
from tanos.keys.public_key import read_pasted_key
from tanos.setup import init_appliance
from tests.conftest import TS1, ZS1
from tests.sftp.carrying.pair import answer, do, export_root, plan

pytestmark = pytest.mark.door
ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Doors:
    """Two appliances with open doors, and a person who may sign in at both as tancopy."""

    zs1: Appliance
    ts1: Appliance
    ports: dict[str, int]
    config: Path

    @property
    def to_ts1(self) -> dict[str, Any]:
        """The answers that name ts1's door."""
        key = host_fingerprints(self.ts1)["ssh-ed25519"]
        return {"peer": "ts1", "host": "127.0.0.1", "port": str(self.ports["ts1"]), "host_key": key}


def let_in(appliance: Appliance, line: bytes) -> None:
    """Authorise a key for tancopy, as an operator would."""
    call = system_call(appliance, "authorized-keys add")
    with appliance.store.change(call, about="tancopy") as change:
        authorize(change, call, "tancopy", read_pasted_key(line)[0])


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """Open both doors, each in a process of its own."""
    tmp_path = tmp_path_factory.mktemp("doors")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "id"], check=True)
    person = (tmp_path / "id.pub").read_bytes()
    made = [init_appliance(tmp_path / who.name, who, authorized_key=person, password=None) for who in (ZS1, TS1)]
    appliances = {one.appliance.identity.name: one.appliance for one in made}
    processes, ports, known, config = [], {}, "", ""
    for name, appliance in appliances.items():
        let_in(appliance, person)
        words = [sys.executable, "-m", "tests.sftp.door.open_door", str(appliance.home), "tests.sftp.door.guests"]
        process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        processes.append(process)
        ports[name] = int(process.stdout.readline().split()[0])
        public = (appliance.ssh / "ssh_host_ed25519_key.pub").read_text().split()
        known += f"[127.0.0.1]:{ports[name]} {public[0]} {public[1]}\n"
        config += f"Host {name}-files\n  Port {ports[name]}\n"
    (tmp_path / "known_hosts").write_text(known)
    config += (
        f"Host *\n  HostName 127.0.0.1\n  IdentityFile {tmp_path}/id\n  UserKnownHostsFile {tmp_path}/known_hosts\n"
    )
    (tmp_path / "config").write_text(config)
    yield Doors(appliances["zs1"], appliances["ts1"], ports, tmp_path / "config")
    for process in processes:
        process.terminate()
        assert process.wait(60) == 0
        assert process.stdout is not None
        process.stdout.close()


async def test_the_appliance_sends_and_pulls_by_itself(doors: Doors) -> None:
    refused = await do(doors.zs1, CREATE_CSR, send=True, **doors.to_ts1)
    assert refused.data["sent"] is False
    assert "authorized keys of user tancopy" in str(refused.findings[-1].remedy)
    let_in(doors.ts1, (doors.zs1.ssh / "tanadmin_ed25519.pub").read_bytes())
    sent = await do(doors.zs1, SEND_CSR)
    assert sent.data["sent"] is True
    assert (await do(doors.zs1, SEND_CSR)).data["sent"] is True
    await export_root(doors.ts1)
    await do(doors.zs1, IMPORT_PUBLIC_KEY, source="peer")
    with pytest.raises(NotYet):
        await plan(doors.zs1, IMPORT_CERTIFICATE, source="peer")
    await answer(doors.ts1)
    installed = await do(doors.zs1, IMPORT_CERTIFICATE, source="peer")
    assert installed.data["check_code"] == sent.data["check_code"]


async def test_a_peer_is_added_by_either_of_its_host_keys(doors: Doors) -> None:
    for kind, fingerprint in host_fingerprints(doors.ts1).items():
        address = f"127.0.0.1:{doors.ports['ts1']}"
        added = await do(doors.zs1, PEER_ADD, name="ts1", address=address, host_key=fingerprint)
        assert added.data["peer"]["host_key_type"] == kind


async def test_the_courier_carries_there_and_back(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    made = await do(doors.zs1, CREATE_CSR)
    there = carry("zs1-files", "ts1-files", config=doors.config)
    assert {file["check_code"] for file in there.data["files"]} == {made.data["check_code"]}
    await export_root(doors.ts1)
    await answer(doors.ts1)
    back = carry("ts1-files", "zs1-files", config=doors.config)
    assert {"reporting.crt", "tanium.pub"} < {file["name"] for file in back.data["files"]}
    code = next(file["check_code"] for file in back.data["files"] if file["name"] == "tanium.pub")
    await do(doors.zs1, IMPORT_PUBLIC_KEY, source="incoming", fingerprint=code)
    installed = await do(doors.zs1, IMPORT_CERTIFICATE, source="incoming")
    assert installed.data["check_code"] == made.data["check_code"]
    assert getpass.getuser() != "tancopy"


async def test_the_courier_signs_in_as_tancopy_whoever_the_configuration_names(doors: Doors, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("Host *\n  User tanadmin\n" + doors.config.read_text())
    await export_root(doors.ts1)
    carried = carry("ts1-files", "zs1-files", config=config).data["files"]
    assert "tanium.pub" in {file["name"] for file in carried}


def test_the_courier_passes_on_what_the_door_says_to_a_user_without_files(doors: Doors) -> None:
    with pytest.raises(NotYet) as caught:
        carry("tanadmin@zs1-files", "ts1-files", config=doors.config)
    assert "tanadmin has no files here: files are exchanged as the user tancopy" in str(caught.value.message)
    assert "tancopy" in str(caught.value.remedy)
