"""Runs a piece of work in a child process under strace, which kills it or fails a system call at a chosen place."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

CALLS = (
    *("mkdir", "mkdirat", "openat", "write", "fchmod", "fsync", "symlink", "symlinkat", "rename", "renameat"),
    *("renameat2", "unlink", "unlinkat", "rmdir", "readlinkat", "flock"),
)


@dataclass(frozen=True)
class Run:
    """How a traced run ended."""

    status: int
    """Exit status; minus the signal if one killed it."""
    log: str


def traced(work: Callable[[], int], log: Path, inject: str = "") -> Run:
    """Run `work` in a child; its return value is the exit status. `inject` as strace's option of that name."""
    begin, may_begin = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(may_begin)
        os.read(begin, 1)
        os._exit(work())
    os.close(begin)
    words = ["strace", "-y", "-s", "8", "-o", str(log), "-p", str(child), "-e", f"trace={','.join(CALLS)}"]
    if inject:
        words += ["-e", f"inject={inject}"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as strace:
        assert strace.stderr is not None
        told = strace.stderr.readline()
        if "attached" not in told:
            os.kill(child, signal.SIGKILL)
        os.write(may_begin, b"!")
        os.close(may_begin)
        _, status = os.waitpid(child, 0)
        strace.stderr.read()
    if "attached" not in told:
        pytest.skip(f"strace cannot trace here: {told.strip()}")
    return Run(os.waitstatus_to_exitcode(status), log.read_text())


@cache
def _has_strace() -> bool:
    return shutil.which("strace") is not None


def need_strace() -> None:
    """Skip with the reason where strace is missing."""
    if not _has_strace():
        pytest.skip("strace is not installed: kills at every system call prove nothing here")


def places(log: str) -> list[tuple[str, int]]:
    """Return every system call of a log as its name and its ordinal among those of that name."""
    counted: dict[str, int] = {}
    found = []
    for line in log.splitlines():
        name = line.partition("(")[0]
        if name in CALLS:
            counted[name] = counted.get(name, 0) + 1
            found.append((name, counted[name]))
    return found
