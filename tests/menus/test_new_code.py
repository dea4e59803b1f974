"""When the code on the disk changes, the next sign-in gets it; who is in stays in, with the code he came with."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sftp.stamp import PACKAGES, code_stamp
from tests.menus.test_programs import ENVIRONMENT
from tests.sftp.door.conftest import ROOT, OpenDoor, make_home, write_config
from tests.sftp.door.processes import children, command_of, is_alive, soon

pytestmark = pytest.mark.door

LOOK_SECONDS = 1.1
"""A little longer than the least time between two looks at the disk."""


@dataclass(frozen=True)
class Installed:
    """An appliance that is served by a copy of the code."""

    door: OpenDoor
    code: Path
    complaints: Path

    def write(self, file: str, text: str) -> None:
        """Change the code, as an upgrade does: long enough after the last look."""
        time.sleep(LOOK_SECONDS)
        (self.code / file).write_text(text)

    def version(self) -> str:
        """Sign in and ask for the version."""
        done = self.door.ssh("status", "--json")
        assert done.returncode == 0, done
        return str(json.loads(done.stdout)["version"])

    def parents(self) -> set[int]:
        """Return the warm parents."""
        return {child for child in children(self.door.pid) if "menus.warm" in command_of(child)}


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Installed]:
    """Serve an appliance by a copy of the code."""
    code = tmp_path / "code"
    for package in PACKAGES:
        shutil.copytree(ROOT / package, code / package, ignore=shutil.ignore_patterns("__pycache__"))
    appliance = make_home(tmp_path)
    command = [sys.executable, "-m", "menus", "serve", str(appliance.home)]
    with (
        (tmp_path / "complaints").open("w") as complaints,
        subprocess.Popen(
            command, cwd=code, stdout=subprocess.PIPE, stderr=complaints, text=True, env=ENVIRONMENT
        ) as serving,
    ):
        assert serving.stdout is not None
        port = int(serving.stdout.readline().rpartition(":")[2])
        write_config(tmp_path, appliance, port)
        try:
            yield Installed(OpenDoor(appliance, port, serving.pid, 0, tmp_path), code, tmp_path / "complaints")
        finally:
            serving.terminate()
            assert serving.wait(60) == 0


def test_a_new_version_is_served_to_the_next_sign_in_and_nobody_is_turned_out(installed: Installed) -> None:
    before = installed.version()
    (old,) = installed.parents()
    with subprocess.Popen(
        ["ssh", "-F", installed.door.config, "box"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as guest:
        assert guest.stdin is not None
        assert guest.stdout is not None
        assert soon(lambda: bool(children(old)))
        installed.write("tanos/__init__.py", '"""New."""\n\n__version__ = "99.1"\n')

        assert installed.version() == "99.1" != before
        assert old in installed.parents()
        assert len(installed.parents()) == 2

        guest.stdin.write(b"Z\n")
        guest.stdin.close()
        assert b"Signed out" in guest.stdout.read()
        assert guest.wait(60) == 0
    assert soon(lambda: not is_alive(old))
    assert len(installed.parents()) == 1
    assert installed.version() == "99.1"


def test_code_that_does_not_start_replaces_nothing_until_it_is_mended(installed: Installed) -> None:
    before = installed.version()
    old = installed.parents()
    whole = (installed.code / "menus" / "warm.py").read_text()
    installed.write("menus/warm.py", "this is no Python\n")

    assert installed.version() == before
    assert installed.parents() == old
    assert "SyntaxError" in installed.complaints.read_text()
    assert "does not start" in (installed.door.appliance.home / "log" / "faults.log").read_text()

    installed.write("menus/warm.py", whole + "\n# mended\n")
    assert installed.version() == before
    assert soon(lambda: len(installed.parents()) == 1)
    assert installed.parents() != old


def test_code_that_tells_sessions_otherwise_is_not_asked_for_any(installed: Installed) -> None:
    before = installed.version()
    old = installed.parents()
    whole = (installed.code / "sftp" / "session.py").read_text()
    installed.write("sftp/session.py", whole.replace('words: str = ""', 'words: str = ""\n    more: str = ""'))

    assert installed.version() == before
    assert soon(lambda: installed.parents() == old)


def test_what_running_writes_is_no_change_and_a_catalogue_is_one(tmp_path: Path) -> None:
    (tmp_path / "menus" / "locale" / "de").mkdir(parents=True)
    (tmp_path / "menus" / "a.py").write_text("1\n")
    catalogue = tmp_path / "menus" / "locale" / "de" / "tanos.mo"
    catalogue.write_bytes(b"1")
    first = code_stamp(tmp_path)
    (tmp_path / "menus" / "__pycache__").mkdir()
    (tmp_path / "menus" / "__pycache__" / "a.py").write_text("2\n")
    assert code_stamp(tmp_path) == first
    os.utime(catalogue, ns=(1, 1))
    assert code_stamp(tmp_path) != first
