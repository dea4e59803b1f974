"""A `tanos serve` whose home lies on a disk of its own: full to the last byte, or read-only."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

from tanos.appliance import Appliance
from tests.menus.test_programs import ENVIRONMENT
from tests.sftp.door.conftest import OpenDoor, write_config

FILLER = "reporting-filler"
"""What fills the disk, in /incoming: whether an exchange stands on it is asked of the database."""
_ALONE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
_BY_HAND = """
mount -t tmpfs -o size=4m,mode=0700 none "$2" && cp -a "$1/." "$2" || exit 9
case "$3" in
full) dd if=/dev/zero of="$2/dropbox/incoming/reporting-filler" bs=4k 2>"$2/../dd" ;;
read-only) mount -o remount,ro "$2" || exit 9 ;;
esac
shift 3
exec "$@"
"""


@dataclass(frozen=True)
class Served:
    """An appliance that is served from such a disk."""

    door: OpenDoor
    process: "subprocess.Popen[str]"
    complaints: IO[str]

    @property
    def inside(self) -> Path:
        """Its home, seen from outside of its mount namespace."""
        return Path(f"/proc/{self.process.pid}/root{self.door.appliance.home}")

    def end(self) -> str:
        """Stop it; return everything it said on standard error."""
        self.process.terminate()
        self.process.wait(60)
        self.complaints.seek(0)
        return self.complaints.read()


@contextmanager
def served_from(disk: str, home: Path, directory: Path) -> Iterator[Served]:
    """Serve a copy of `home` from a small disk that is `full` or `read-only` before the start."""
    if subprocess.run([*_ALONE, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    mounted = directory / "disk"
    mounted.mkdir()
    command = [*_ALONE, "sh", "-c", _BY_HAND, "sh", str(home), str(mounted), disk]
    serve = [sys.executable, "-m", "menus", "serve", str(mounted)]
    with (
        (directory / "complaints").open("w+") as complaints,
        subprocess.Popen(
            [*command, *serve], stdout=subprocess.PIPE, stderr=complaints, text=True, env=ENVIRONMENT
        ) as process,
    ):
        assert process.stdout is not None
        try:
            listening = process.stdout.readline()
            complaints.seek(0)
            assert listening.startswith("listening "), complaints.read()
            appliance = Appliance(mounted, Appliance.open(home).identity)
            port = int(listening.rpartition(":")[2])
            write_config(directory, Appliance.open(home), port)
            yield Served(OpenDoor(appliance, port, process.pid, 0, directory), process, complaints)
        finally:
            process.terminate()
            process.wait(60)
