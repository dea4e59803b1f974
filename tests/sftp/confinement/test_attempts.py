"""What arbitrary code can do inside the process of a drop box connection, as root and as an ordinary user: nothing.

The same code is tried unconfined too, and against what older kernels have: an attempt that fails anyway would prove
nothing.
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
VERSIONS = sorted({each for each in (1, 3, 5, version()) if each <= version()})
"""Of Landlock: what this kernel has, and what older ones had, which it can be asked for."""
HELD = [*((USERS[0], each) for each in VERSIONS), *((uid, version()) for uid in USERS[1:])]
MUST_CONFINE = "TANOS_MUST_CONFINE"
"""Set where CI runs: there it is a failure that nothing confines."""
pytestmark = pytest.mark.skipif(not version() and MUST_CONFINE not in os.environ, reason="no Landlock in this kernel")

GRANTED = {"make and remove in /incoming", "read /outgoing", "set times of what is open", "thread"}
REFUSED = {"EPERM", "EACCES"}
MOVES = ("rename ", "hard link ")
"""Between directories, which the first version calls another disk."""
OTHERWISE = {
    "a call of tomorrow": "ENOSYS",
    "a larger file": "EFBIG",
    "more descriptors": "EMFILE",
    "memory": "MemoryError",
}
SINCE = {
    "cut the database": 3,
    "connect": 4,
    "listen": 4,
    "abstract socket": 6,
    "signal the front": 6,
    "signal by pidfd": 6,
}
"""From which version on Landlock covers it; before, seccomp alone does."""
ON_FILES = ("open ", "openat2 ", "make in ", "remove ", "rename ", "list ", "write ", "cut ")


@pytest.fixture
def directory() -> Iterator[Path]:
    """A directory that every user may pass through."""
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


def attempt(directory: Path, how: str, uid: int, by: int = version()) -> dict[str, str]:
    """Try everything in a process of its own, held by that version of Landlock."""
    lay_out(directory, uid)
    words = [sys.executable, "-m", "tests.sftp.confinement.attempts", str(directory), str(uid), how, str(by)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    tried: dict[str, str] = json.loads(done.stdout)
    return tried


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_a_kernel_that_confines_is_here() -> None:
    assert version()


@pytest.mark.parametrize(("uid", "by"), HELD)
def test_a_drop_box_connection_can_do_its_work_and_nothing_else(directory: Path, uid: int, by: int) -> None:
    tried = attempt(directory, "drop-box", uid, by)

    assert {name for name, came in tried.items() if came == "done"} == GRANTED
    for name, came in tried.items():
        assert name in GRANTED or came == OTHERWISE.get(name) or came in REFUSED, (name, came)
    assert (directory / "home/root/tanium.pvk").read_text() == "secret"
    assert names(directory / "home/dropbox/incoming") == ["there"]
    assert names(directory) == ["home"]


@pytest.mark.parametrize(("uid", "by"), HELD)
def test_landlock_alone_keeps_a_process_to_the_two_directories(directory: Path, uid: int, by: int) -> None:
    tried = attempt(directory, "landlock", uid, by)

    on_files = [name for name in tried if name.startswith(ON_FILES) and name not in GRANTED]
    others = (
        "trace the front",
        "run a program",
        "hard link in",
        "hard link out",
        "symbolic link",
        "directory",
        "fifo",
    )
    for name in (*on_files, *others, *SINCE):
        if SINCE.get(name, 1) <= by:
            assert tried[name] in REFUSED or (tried[name] == "EXDEV" and name.startswith(MOVES)), (name, tried[name])
        elif uid == os.getuid() or "signal" not in name:  # nobody signals another account's process
            assert tried[name] not in REFUSED, (name, tried[name])
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
