"""The lab that is measured: both appliances know each other, as after the documented preparation."""

import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.stories.lab import lab


@dataclass(frozen=True)
class Measured:
    """A running lab."""

    directory: Path

    @property
    def config(self) -> str:
        """Its ssh_config."""
        return str(self.directory / "ssh_config")

    def port(self, name: str) -> int:
        """Return the SSH port of an appliance."""
        state = json.loads((self.directory / "lab.json").read_text())
        return int(state["appliances"][name]["ssh_port"])

    def verb(self, name: str, words: str, stdin: bytes = b"") -> dict[str, Any]:
        """Run a verb over ssh; it must succeed."""
        command = ["ssh", "-F", self.config, name, f"{words} --json"]
        done = subprocess.run(command, input=stdin, capture_output=True, check=False)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        fields: dict[str, Any] = json.loads(done.stdout)
        return fields


@contextmanager
def measured_lab() -> Iterator[Measured]:
    """Run a lab whose appliances have exchanged keys and the root."""
    with tempfile.TemporaryDirectory(prefix="tanos-bench-") as temporary:
        Path(temporary).chmod(0o755)
        with lab(Path(temporary) / "lab") as config:
            measured = Measured(config.parent)
            _introduce(measured)
            yield measured


def _introduce(measured: Measured) -> None:
    for here, there in (("ts1", "zs1"), ("zs1", "ts1")):
        key = measured.verb(here, "ssh-keys show tanadmin")["public_key"]
        measured.verb(there, "authorized-keys add tancopy --yes", key.encode() + b"\n")
    public = measured.directory / "ts1" / "ssh" / "ssh_host_ed25519_key.pub"
    done = subprocess.run(["ssh-keygen", "-l", "-f", str(public)], capture_output=True, text=True, check=True)
    address = f"127.0.0.1:{measured.port('ts1')}"
    measured.verb("zs1", f"peer add ts1 {address} --host-key {done.stdout.split()[1]} --yes")
    code = measured.verb("ts1", "public-key export --yes")["check_code"]
    measured.verb("zs1", f"public-key import --from peer --peer ts1 --fingerprint {code} --yes")
