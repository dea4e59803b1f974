"""The strictest disk that the rules allow: what was not fsynced may be lost, in any combination.

A file's contents survive a power cut only if the file was fsynced after its last write. A change to a directory
(a name made, renamed, removed) surely survives only once the directory was fsynced; before, any subset of the changes
may have reached the disk. The model reads the log of a real run and enumerates every state that a cut could leave.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

_CALL = re.compile(r"(\w+)\((.*)\)\s+= (-?\d+)(?:<([^>]*)>)?")
_PATH = re.compile(r'(?:AT_FDCWD|\d+)<([^>]*)>, "([^"]*)"')
_DESCRIPTOR = re.compile(r"\d+<([^>]*)>")


@dataclass(frozen=True)
class Step:
    """One thing that happened: `kind` is make, link, rename, remove, write or sync."""

    kind: str
    path: str
    other: str = ""
    """The target of a link, or the new name."""


def steps(log: str) -> list[Step]:
    """Return the steps of a strace log (taken with -y) that succeeded."""
    found: list[Step] = []
    for line in log.splitlines():
        match = _CALL.match(line)
        if match and int(match.group(3)) >= 0:
            found += _step(match.group(1), match.group(2))
    return found


def _step(name: str, words: str) -> Iterator[Step]:
    paths = [f"{directory}/{file}" for directory, file in _PATH.findall(words)]
    if name == "mkdirat" or (name == "openat" and "O_CREAT" in words):
        yield Step("make", paths[0])
    elif name == "symlinkat":
        target = words.split('"')[1]
        yield Step("link", paths[0], target)
    elif name in {"renameat", "renameat2"}:
        yield Step("rename", paths[0], paths[1])
    elif name in {"unlinkat", "rmdir"}:
        yield Step("remove", paths[0])
    elif name in {"write", "fsync"}:
        descriptor = _DESCRIPTOR.match(words)
        assert descriptor is not None
        yield Step("sync" if name == "fsync" else "write", descriptor.group(1))


@dataclass
class Disk:
    """What surely is on the disk, and what is only on its way."""

    durable: dict[str, str] = field(default_factory=dict)
    """Names: a link's target, or empty."""
    pending: list[Step] = field(default_factory=list)
    dirty: set[str] = field(default_factory=set)
    """Files whose contents are not on the disk."""
    links: dict[str, str] = field(default_factory=dict)
    """Where links lead; a link that is renamed takes its target along, whatever became of its old name."""

    def do(self, step: Step) -> None:
        """Let one step happen."""
        if step.kind == "write":
            self.dirty.add(step.path)
        elif step.kind != "sync":
            self.pending.append(step)
            self.links |= {step.path: step.other} if step.kind == "link" else {}
            if step.kind == "make":
                self.dirty.add(step.path)
        else:
            self.dirty.discard(step.path)
            reached = [one for one in self.pending if one.path.rpartition("/")[0] == step.path]
            self.pending = [one for one in self.pending if one not in reached]
            _apply(self.durable, reached, self.links)

    def after_a_cut(self) -> Iterator[tuple[dict[str, str], set[str]]]:
        """Yield every state that a power cut now could leave: names, and files that are empty."""
        for size in range(len(self.pending) + 1):
            for chosen in combinations(self.pending, size):
                names = dict(self.durable)
                _apply(names, chosen, self.links)
                yield names, self.dirty


def _apply(names: dict[str, str], reached: Sequence[Step], links: Mapping[str, str]) -> None:
    for step in reached:
        if step.kind == "rename":
            names[step.other] = names.pop(step.path, links.get(step.path, ""))
        elif step.kind == "remove":
            names.pop(step.path, None)
        else:
            names[step.path] = step.other
