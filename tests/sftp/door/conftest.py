"""A Zone Server with an open front door in a process of its own, and what clients need to reach it."""

import atexit
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tanos.actor import system_call
from tanos.appliance import Appliance
from tanos.keys.authorized import authorize
from tanos.keys.public_key import read_pasted_key
from tanos.platform import Identity
from tanos.policy.accounts import LOCKOUT_FAILURES
from tanos.policy.door import PENALTY_AFTER
from tanos.policy.policy import Policy
from tanos.secret import Secret
from tanos.setup import init_appliance
from tests.conftest import ZS1, without_services

ROOT = Path(__file__).parents[3]
PASSWORD = "correct horse battery 9 Staple"


@dataclass(frozen=True)
class OpenDoor:
    """An appliance one can sign in to."""

    appliance: Appliance
    port: int
    pid: int
    warm_pid: int
    directory: Path
    """Holds `id` (authorised for both users), `other` (for tancopy only), `known_hosts` and `config`."""
    process: "subprocess.Popen[str] | None" = None

    def hears(self) -> None:
        """Have the door look at what was decided, instead of half a second later; return when it did."""
        assert self.process is not None
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("look\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "heard\n"

    @property
    def config(self) -> str:
        """An ssh_config with hosts `box` (tanadmin), `files` (tancopy), `files2` (tancopy, the other key)."""
        return str(self.directory / "config")

    def ssh(self, *words: str, host: str = "box", data: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        """Run ssh to its end."""
        return subprocess.run(
            ["ssh", "-F", self.config, host, *words], input=data, capture_output=True, timeout=120, check=False
        )

    def sftp(self, batch: str, host: str = "files", *options: str) -> "subprocess.CompletedProcess[str]":
        """Run a batch of sftp commands."""
        words = ["sftp", "-F", self.config, *options, "-b", "-", host]
        return subprocess.run(words, input=batch, capture_output=True, text=True, timeout=120, check=False)


def make_home(directory: Path, identity: Identity = ZS1) -> Appliance:
    """Make an appliance whose users know two keys, which penalises nobody, and whose services are off.

    All tests come from one network; services are tried on their own.
    """
    shutil.copytree(_made(identity), directory, symlinks=True, dirs_exist_ok=True)
    return Appliance.open(directory / identity.name)


@cache
def _made(identity: Identity) -> Path:
    """Make it once, never used: keys of its hosts and users take longer to make than to copy."""
    made = tempfile.TemporaryDirectory()
    atexit.register(made.cleanup)
    directory, keys = Path(made.name), {}
    for name in ("id", "other"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", directory / name], check=True)
        keys[name] = read_pasted_key((directory / f"{name}.pub").read_bytes())[0]
    appliance = init_appliance(
        directory / identity.name,
        identity,
        authorized_key=(directory / "id.pub").read_bytes(),
        password=Secret(PASSWORD),
    ).appliance
    decide(appliance, PENALTY_AFTER, 0)
    decide(appliance, LOCKOUT_FAILURES, 0)  # what guessing costs is tested here, what it locks on its own
    for key in keys.values():
        call = system_call(appliance, "authorized-keys add")
        with appliance.store.change(call, about="tancopy") as change:
            authorize(change, call, "tancopy", key)
    without_services(appliance)
    appliance.store.close()
    return directory


def decide(appliance: Appliance, policy: Policy, value: int) -> None:
    """Decide a policy; an open door hears of it within half a second."""
    with appliance.store.change(system_call(appliance, "policy set")) as change:
        policy.write(change, value)


def write_config(directory: Path, appliance: Appliance, port: int) -> None:
    """Write what OpenSSH's clients need."""
    public = (appliance.ssh / "ssh_host_ed25519_key.pub").read_text().split()
    (directory / "known_hosts").write_text(f"[127.0.0.1]:{port} {public[0]} {public[1]}\n")
    lines = [
        f"HostName 127.0.0.1\nPort {port}\nUserKnownHostsFile {directory}/known_hosts\nGlobalKnownHostsFile none",
        "IdentitiesOnly yes\nIdentityAgent none\nBatchMode yes\nStrictHostKeyChecking yes\nLogLevel ERROR",
        "KexAlgorithms curve25519-sha256",
    ]
    hosts = [("box", "tanadmin", "id"), ("files", "tancopy", "id"), ("files2", "tancopy", "other")]
    text = "".join(f"Host {host}\nUser {user}\nIdentityFile {directory / key}\n" for host, user, key in hosts)
    (directory / "config").write_text(text + "Host *\n" + "\n".join(lines) + "\n")


@contextmanager
def a_door(
    directory: Path, appliance: Appliance, *, ends_well: bool = True, warm_module: str = "tests.sftp.door.guests"
) -> Iterator[OpenDoor]:
    """Open a door for as long as the block lasts."""
    words = [sys.executable, "-m", "tests.sftp.door.open_door", str(appliance.home), warm_module]
    process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        port, warm_pid = map(int, process.stdout.readline().split())
        write_config(directory, appliance, port)
        yield OpenDoor(appliance, port, process.pid, warm_pid, directory, process)
    finally:
        process.terminate()
        status = process.wait(60)
        process.stdin.close()
        process.stdout.close()
    assert status == 0 or not ends_well


@pytest.fixture(scope="session")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenDoor]:
    """A door that stays open for all tests."""
    directory = tmp_path_factory.mktemp("door")
    with a_door(directory, make_home(directory)) as opened:
        yield opened
