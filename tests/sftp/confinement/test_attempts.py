"""What arbitrary code can do inside the process of a drop box connection, as root and as an ordinary user: nothing.

The same code is tried unconfined too: an attempt that fails anyway would prove nothing.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tanos.confinement.landlock import version
from tests.sftp.confinement.attempts import lay_out

ROOT = Path(__file__).parents[3]
NOBODY = 65534
USERS = [0, NOBODY] if os.getuid() == 0 else [os.getuid()]
pytestmark = pytest.mark.skipif(version() < 6, reason="needs a kernel whose Landlock is of version 6 (Linux 6.12)")

GRANTED = {"make and remove in /incoming", "read /outgoing", "set times of what is open", "thread"}
REFUSED = {"EPERM", "EACCES"}
OTHERWISE = {
    "a call of tomorrow": "ENOSYS",
    "a larger file": "EFBIG",
    "more descriptors": "EMFILE",
    "memory": "MemoryError",
}
ON_FILES = ("open ", "openat2 ", "make in ", "remove ", "rename ", "list ", "write ", "cut ")


@pytest.fixture
def directory() -> Iterator[Path]:
    """A directory that every user may pass through."""
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


def attempt(directory: Path, how: str, uid: int) -> dict[str, str]:
    """Try everything in a process of its own."""
    lay_out(directory, uid)
    words = [sys.executable, "-m", "tests.sftp.confinement.attempts", str(directory), str(uid), how]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    tried: dict[str, str] = json.loads(done.stdout)
    return tried


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


@pytest.mark.parametrize("uid", USERS)
def test_a_drop_box_connection_can_do_its_work_and_nothing_else(directory: Path, uid: int) -> None:
    tried = attempt(directory, "drop-box", uid)

    assert {name for name, came in tried.items() if came == "done"} == GRANTED
    for name, came in tried.items():
        assert name in GRANTED or came == OTHERWISE.get(name) or came in REFUSED, (name, came)
    assert (directory / "home/root/tanium.pvk").read_text() == "secret"
    assert names(directory / "home/dropbox/incoming") == ["there"]
    assert names(directory) == ["home"]


@pytest.mark.parametrize("uid", USERS)
def test_landlock_alone_keeps_a_process_to_the_two_directories(directory: Path, uid: int) -> None:
    tried = attempt(directory, "landlock", uid)

    for name, came in tried.items():
        if name.startswith(ON_FILES) and name not in GRANTED:
            assert came in REFUSED, (name, came)
    outside = ("connect", "listen", "abstract socket", "signal the front", "signal by pidfd", "trace the front")
    for name in (*outside, "run a program", "hard link out", "symbolic link", "directory", "fifo"):
        assert tried[name] in REFUSED, (name, tried[name])
    assert tried["hard link in"] in {*REFUSED, "EXDEV"}
    assert all(tried[name] == "done" for name in GRANTED)


def test_processes_that_do_much_are_refused_what_nobody_needs(directory: Path) -> None:
    tried = attempt(directory, "ordinary", USERS[-1])

    never = ("trace the front", "read the front's memory", "mount", "namespace", "keyring", "bpf", "perf", "io_uring")
    for name in (*never, "userfaultfd", "module", "kexec", "a call of x32", "type for another", "change root"):
        assert tried[name] == "EPERM", (name, tried[name])
    for name in ("run a program", "fork", "thread", "socket", "open /etc/passwd", "make in /tmp"):
        assert tried[name] == "done", (name, tried[name])


def test_the_same_code_unconfined_does_harm(directory: Path) -> None:
    tried = attempt(directory, "free", USERS[0])

    for name, came in tried.items():
        if name.startswith(("open", "make in", "list")) or name in {"run a program", "fork", "socket", "rename out"}:
            assert came == "done", (name, came)
