"""`tanos sftp-server` under OpenSSH's own client and server."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from sftp.files.requests import NAMES
from tanos.actor import system_call
from tanos.appliance import Appliance
from tanos.confinement.told import means
from tanos.keys.authorized import authorize, take_away
from tanos.keys.public_key import read_authorized_line
from tanos.keys.revoked import KEY, Mark, revoke
from tanos.platform import Role
from tests.sftp.door.conftest import make_home
from tests.sftp.openssh import openssh_server

ROOT = Path(__file__).parents[3]
OPENSSH = Path("/usr/lib/openssh/sftp-server")


@pytest.fixture(scope="module")
def appliance(tmp_path_factory: pytest.TempPathFactory) -> Appliance:
    """An appliance that no front door serves."""
    made = make_home(tmp_path_factory.mktemp("program"))
    assert made.identity.role is Role.ZONE_SERVER
    (made.outgoing / "reporting.crt").write_text("certificate")
    return made


def program(appliance: Appliance, *options: str) -> str:
    return " ".join([sys.executable, "-m", "menus", "sftp-server", str(appliance.home), *options])


def sftp(
    appliance: Appliance, batch: str, *options: str, told: Mapping[str, str] = MappingProxyType({})
) -> "subprocess.CompletedProcess[str]":
    """Run OpenSSH's client on the program, without any server between; `told`: what one would say."""
    words = ["sftp", "-b", "-", "-D", program(appliance, *options)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **told}
    return subprocess.run(
        words, input=batch, capture_output=True, text=True, timeout=60, check=False, env=environment
    )


def audited(appliance: Appliance) -> list[tuple[str, str, str]]:
    rows = appliance.store.rows("SELECT verb, object, result FROM audit WHERE verb LIKE 'files %' ORDER BY id")
    appliance.store.close()
    return [(row["verb"], row["object"], row["result"]) for row in rows]


def test_openssh_s_client_brings_and_fetches_and_it_is_audited(appliance: Appliance, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(os.urandom(300_000))
    batch = (
        f"put {tmp_path}/x /incoming/x\nget /outgoing/reporting.crt {tmp_path}/c\nrename /incoming/x /incoming/y\n"
    )
    done = sftp(appliance, batch)

    assert (done.returncode, done.stderr) == (0, "")
    assert (appliance.incoming / "y").read_bytes() == (tmp_path / "x").read_bytes()
    assert (tmp_path / "c").read_text() == "certificate"
    assert audited(appliance)[-3:] == [
        ("files put", "/incoming/x", "done"),
        ("files get", "/outgoing/reporting.crt", "done"),
        ("files rename", "/incoming/x", "done"),
    ]


@pytest.mark.parametrize(
    ("options", "refused", "allowed"),
    [
        (("-R",), "put /etc/hostname /incoming/no", "get /outgoing/reporting.crt /dev/null"),
        (("-P", "remove,rename"), "rm /incoming/there", "put /etc/hostname /incoming/yes"),
        (
            ("-p", "open,close,read,lstat,stat,fstat,realpath"),
            "ls /incoming",
            "get /outgoing/reporting.crt /dev/null",
        ),
        (("-P", "statvfs"), "df /incoming", "ls /incoming"),
    ],
)
def test_requests_are_denied_by_name(
    appliance: Appliance, options: tuple[str, ...], refused: str, allowed: str
) -> None:
    (appliance.incoming / "there").write_text("text")
    assert sftp(appliance, f"{allowed}\n", *options).returncode == 0
    done = sftp(appliance, f"{refused}\n", *options)
    assert done.returncode == 1
    assert refused.startswith("df") or "ermission denied" in done.stderr or "not allowed" in done.stderr
    assert (appliance.incoming / "there").exists()
    assert not (appliance.incoming / "no").exists()


def test_the_names_of_requests_are_openssh_s() -> None:
    if not OPENSSH.exists():
        pytest.skip("sftp-server is not installed (Debian: openssh-sftp-server)")
    told = subprocess.run([OPENSSH, "-Q", "requests"], capture_output=True, text=True, check=True).stdout.split()
    assert set(told) == set(NAMES)


@pytest.mark.parametrize("options", [("-p", "opne"), ("--user", "tanadmin"), ("--user", "nobody-here")])
def test_what_cannot_be_served_is_said(appliance: Appliance, options: tuple[str, ...]) -> None:
    done = sftp(appliance, "ls\n", *options)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert any(words in done.stderr for words in ("no request of SFTP", "has no files here"))


@pytest.fixture
def told(appliance: Appliance, tmp_path: Path) -> Iterator[dict[str, str]]:
    """What sshd says of who came from 192.0.2.1 by the key that the appliance knows; it knows it again afterwards."""
    line = (appliance.home.parent / "id.pub").read_text()
    (tmp_path / "authenticated").write_text(f"publickey {' '.join(line.split()[:2])}\n")
    yield {"SSH_USER_AUTH": str(tmp_path / "authenticated"), "SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
    limited(appliance)


def limited(appliance: Appliance, options: str = "", *, is_revoked: bool = False) -> None:
    """Have the key of tancopy stand there with these options."""
    found = read_authorized_line(f"{options} {(appliance.home.parent / 'id.pub').read_text()}".strip().encode())
    call = system_call(appliance, "test")
    with appliance.store.change(call) as change:
        take_away(change, "tancopy", found.key.fingerprint)
        authorize(change, call, "tancopy", found.key, found.options)
        change.execute("DELETE FROM revoked_keys")
        if is_revoked:
            revoke(change, call, [Mark(KEY, found.key.fingerprint)], "")
    appliance.store.close()


@pytest.mark.parametrize(
    ("options", "is_revoked", "why"),
    [
        ("", True, "it was revoked"),
        ('from="192.0.2.9"', False, "it may not be used from this address"),
        ('expiry-time="20200101Z"', False, "it has expired here"),
    ],
)
def test_a_key_that_sshd_let_in_and_we_would_not_gets_no_files(
    appliance: Appliance, told: dict[str, str], options: str, is_revoked: bool, why: str
) -> None:
    limited(appliance, options, is_revoked=is_revoked)
    done = sftp(appliance, "ls /incoming\n", told=told)
    assert done.returncode != 0
    assert f"opens nothing here: {why}" in done.stderr
    row = appliance.store.row("SELECT verb, result, address, key FROM audit ORDER BY id DESC LIMIT 1")
    appliance.store.close()
    assert row is not None
    assert tuple(row)[:3] == ("sign-in", "key-turned-away", "192.0.2.1")
    assert row["key"].startswith("SHA256:")


def test_the_directory_of_a_key_holds_behind_sshd(appliance: Appliance, told: dict[str, str]) -> None:
    limited(appliance, 'direction="outgoing"')
    batch = "get /outgoing/reporting.crt /dev/null\nput /etc/hostname /incoming/no\n"
    done = sftp(appliance, batch, told=told)
    assert (done.returncode, "reporting.crt" in done.stdout) == (1, True)
    assert not (appliance.incoming / "no").exists()


def test_who_is_at_files_behind_sshd_goes_when_his_key_is_revoked(appliance: Appliance, told: dict[str, str]) -> None:
    words = ["sftp", "-q", "-D", program(appliance)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **told}
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as client:
        assert client.stdin
        assert client.stdout
        client.stdin.write("ls /outgoing\n")
        client.stdin.flush()
        assert any("reporting.crt" in line for line in client.stdout)
        limited(appliance, is_revoked=True)
        assert client.stderr
        assert "was revoked" in client.stderr.readline()


def test_it_is_the_subsystem_of_openssh_s_server(appliance: Appliance, tmp_path: Path) -> None:
    keys = appliance.home.parent
    wrapper = tmp_path / "serve"
    wrapper.write_text(f"#!/bin/sh\ncd {ROOT}\nexec {program(appliance)}\n")
    wrapper.chmod(0o755)
    with openssh_server(tmp_path / "sshd", (keys / "id.pub").read_text(), command=str(wrapper)) as server:
        words = ["sftp", "-F", "none", "-b", "-", "-i", str(keys / "id"), "-P", str(server.port)]
        words += ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", f"{server.user}@127.0.0.1"]
        done = subprocess.run(
            words,
            input="put /etc/hostname /incoming/by-sshd\n",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    shutil.copy("/etc/hostname", tmp_path / "sent")
    assert (appliance.incoming / "by-sshd").read_bytes() == (tmp_path / "sent").read_bytes()
    assert audited(appliance)[-1] == ("files put", "/incoming/by-sshd", "done")


@pytest.mark.door
def test_serving_says_what_confines_its_processes(appliance: Appliance) -> None:
    words = [sys.executable, "-m", "menus", "serve", str(appliance.home)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        said = next(line for line in serving.stdout if not line.startswith(("listening ", "host key ")))
        serving.terminate()
    assert said.rstrip() == str(means().sentence)


@pytest.mark.door
def test_where_openat2_is_missing_serving_and_status_say_that_no_files_are_served(appliance: Appliance) -> None:
    before = [sys.executable, "-m", "tests.sftp.confinement.without", "openat2", sys.executable, "-m", "menus"]
    home = str(appliance.home)
    with subprocess.Popen(
        [*before, "serve", home], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as serving:
        assert serving.stdout is not None
        assert any(line.startswith("listening ") for line in serving.stdout)
        serving.terminate()
        _, complaint = serving.communicate(timeout=60)
    assert "no files are served" in complaint

    words = [*before, "status", "--json", "--home", home]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    told = json.loads(done.stdout)
    assert told["confinement"] == {**means().data, "openat2": False}
    assert "not-confined" in [finding["id"] for finding in told["findings"]]
