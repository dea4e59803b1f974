"""What is private stays private from every other account of the machine; modes are judged by one who is not root."""

import os
import pwd
import stat
import subprocess
from pathlib import Path

import pytest

from tests.stories.lab import ORDINARY

SECRET = ("*.pvk", "ssh_host_*_key", "*_ed25519", "appliance.db")


@pytest.mark.story
def test_nothing_of_a_home_is_open_to_others(ssh_config: Path) -> None:
    for home in (ssh_config.parent / "ts1", ssh_config.parent / "zs1"):
        for path in [home, *home.rglob("*")]:
            mode = path.lstat()
            if stat.S_ISLNK(mode.st_mode) or path.suffix == ".pub":
                continue
            assert mode.st_mode & 0o077 == 0, f"{path} is {stat.filemode(mode.st_mode)}"


@pytest.mark.story
def test_another_account_reads_no_private_key(ssh_config: Path) -> None:
    other = _another_account(ssh_config)
    home = ssh_config.parent / "ts1"
    secrets = [path for pattern in SECRET for path in home.rglob(pattern)]
    assert len(secrets) >= 6
    for path in secrets:
        done = subprocess.run(["cat", str(path)], capture_output=True, check=False, user=other, group=other)
        assert done.returncode != 0, path


def _another_account(ssh_config: Path) -> int:
    """Return an account that neither is root nor owns the lab."""
    if os.getuid() != 0:
        pytest.skip("only root can become another account to try")
    if ssh_config.stat().st_uid == 0:
        pytest.skip("the lab runs as root here, so that reading as its owner proves nothing")
    assert ssh_config.stat().st_uid == pwd.getpwnam(ORDINARY).pw_uid
    return pwd.getpwnam("daemon").pw_uid
