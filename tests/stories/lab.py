"""A real lab (`tanos lab`) for a test, run as an ordinary user where the machine allows it."""

import os
import pwd
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

READY_SECONDS = 180
ORDINARY = "nobody"


def ordinary_user(directory: Path) -> dict[str, Any]:
    """Return what makes a process an ordinary user's; empty where that is not possible or not needed.

    Root ignores file modes, so a check of modes proves nothing there.
    """
    if os.getuid() != 0:
        return {}
    account = pwd.getpwnam(ORDINARY)
    drop: dict[str, Any] = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": [], "umask": 0o077}
    for parent in (directory, *directory.parents):
        if not parent.stat().st_mode & 0o001 and parent != directory:
            return {}
    try:
        probe = subprocess.run(
            [sys.executable, "-c", "import tanos"],
            capture_output=True,
            check=False,
            timeout=60,
            env=environment(),
            **drop,
        )
    except OSError:
        return {}
    if probe.returncode != 0:
        return {}
    os.chown(directory, account.pw_uid, account.pw_gid)
    return drop


@contextmanager
def open_directory() -> Iterator[Path]:
    """Make a directory that every account may pass through, and remove it afterwards.

    A test's own temporary directory is closed to other accounts, and closed again by whichever test run starts next.
    """
    with tempfile.TemporaryDirectory(prefix="tanos-story-") as temporary:
        path = Path(temporary)
        path.chmod(0o755)
        yield path


def environment() -> dict[str, str]:
    """Return a plain environment for programs of a test."""
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"}


@contextmanager
def lab(directory: Path, *options: str) -> Iterator[Path]:
    """Run `tanos lab DIRECTORY` until the block is left; yield its ssh_config."""
    directory.mkdir(parents=True, exist_ok=True)
    log = (directory.parent / (directory.name + ".log")).open("wb")
    with log:
        process = subprocess.Popen(
            [sys.executable, "-m", "menus", "lab", str(directory), *options],
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=environment(), cwd=directory.parent,
            start_new_session=True, **ordinary_user(directory),
        )  # fmt: skip
        try:
            _wait_for(directory / "lab.json", process, Path(log.name))
            yield directory / "ssh_config"
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                raise


def _wait_for(state: Path, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not state.exists():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
