"""The pair of appliances of one face, and the `ssh` and `sftp` that reach it."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.sftp.door.processes import soon
from tests.stories.lab import environment
from tests.stories.three_faces.step import Carry, Memory, Put, Until

PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Lab:
    """A running lab."""

    ssh_config: Path

    @property
    def directory(self) -> Path:
        """Where it lies."""
        return self.ssh_config.parent

    def ssh(self, where: str, words: str = "", typed: str = "") -> "subprocess.CompletedProcess[str]":
        """Run `ssh -T WHERE WORDS` with `typed` as its input."""
        command = ["ssh", "-T", "-F", str(self.ssh_config), where, *([words] if words else [])]
        return self._run(command, typed)

    def second_key(self, where: str) -> str:
        """Make another key that `ssh WHERE` offers too; return its public line."""
        key = self.directory.parent / f"{self.directory.name}-second"
        done = self._run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "second", "-f", str(key)], "")
        assert done.returncode == 0, done.stderr
        with self.ssh_config.open("a") as config:
            config.write(f"\nHost {where}\n    IdentityFile {key}\n")
        return key.with_suffix(".pub").read_text().strip()

    def carry(self, carry: Carry, file: str) -> None:
        """Take a file out of one drop box and put it into the other."""
        local = self.directory.parent / f"{self.directory.name}-{file}"
        for where, order in (
            (carry.giver, f"get /outgoing/{file} {local}"),
            (carry.taker, f"put {local} /incoming/{file}"),
        ):
            done = self._run(["sftp", "-q", "-F", str(self.ssh_config), "-b", "-", f"{where}-files"], order + "\n")
            assert done.returncode == 0, done.stderr
        local.unlink()

    def put(self, put: Put) -> None:
        """Put a file into a drop box."""
        local = self.directory.parent / f"{self.directory.name}-{put.file}"
        local.write_bytes(put.text if isinstance(put.text, bytes) else put.text.encode())
        words = ["sftp", "-q", "-F", str(self.ssh_config), "-b", "-", f"{put.taker}-files"]
        done = self._run(words, f"put {local} /incoming/{put.file}\n")
        assert done.returncode == 0, done.stderr
        local.unlink()

    def wait_until(self, until: Until, memory: Memory) -> None:
        """Wait until a verb says what has to come."""
        said = re.compile(until.said.format(**memory))
        assert soon(lambda: said.search(self.ssh(until.where, f"{until.verb} --json").stdout)), until

    def _run(self, command: list[str], typed: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            command, input=typed, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False,
            env=environment(),
        )  # fmt: skip
