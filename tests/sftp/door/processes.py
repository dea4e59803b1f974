"""Looking at processes from outside."""

import time
from collections.abc import Callable
from pathlib import Path

SPARE, STANDBY = "tanos-spare", "tanos-standby"
PATIENCE_SECONDS = 60.0
"""How long what has to come is waited for; that no test takes so long is what makes a slow machine no failure."""


def children(parent: int) -> set[int]:
    """Return the living children of a process that serve somebody."""
    return {child for child in _children(parent) if _name(child) not in {SPARE, STANDBY}}


def spares(parent: int) -> set[int]:
    """Return those that wait for somebody to serve."""
    return {child for child in _children(parent) if _name(child) == SPARE}


def children_named(parent: int, name: str) -> list[int]:
    """Return its living children of that name."""
    return [child for child in _children(parent) if _name(child) == name]


def _children(parent: int) -> set[int]:
    found = set()
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            fields = _status(path)
            if fields and fields[1] == str(parent) and fields[0] != "Z":
                found.add(int(path.name))
    return found


def is_alive(pid: int) -> bool:
    """Say whether a process is there and not a zombie."""
    fields = _status(Path(f"/proc/{pid}"))
    return bool(fields) and fields[0] != "Z"


def command_of(pid: int) -> str:
    """Return by which words a process was started; nothing once it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def soon(condition: Callable[[], object]) -> bool:
    """Wait for a condition that has to come true, however slow the machine; say whether it did."""
    return within(PATIENCE_SECONDS, condition)


def within(seconds: float, condition: Callable[[], object]) -> bool:
    """Say whether a condition comes true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _status(path: Path) -> list[str]:
    try:
        return (path / "stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return []
