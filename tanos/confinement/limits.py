"""How much a process may use, at most: resource limits, which it can lower and never raise again.

Invariants: no core is ever written, since it would hold what was in memory. Memory is counted from what the process
has when it is confined, so that a larger interpreter is no reason to fail. The number of processes is not limited
here: the kernel counts all of a user's, threads too, so that one session would lock out another; forking is refused
by `tanos.confinement.seccomp` where nothing needs it.
"""

import os
import resource
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What a process may use; None leaves a thing as it is."""

    file_size: int | None = None
    """Bytes of the largest file that it can write."""
    descriptors: int | None = None
    more_memory: int | None = None
    """Bytes of address space beyond what it has now."""


def apply(limits: Limits) -> None:
    """Hold this process to `limits`; raise OSError or ValueError where the system refuses."""
    _lower(resource.RLIMIT_CORE, 0)
    if limits.file_size is not None:
        _lower(resource.RLIMIT_FSIZE, limits.file_size)
    if limits.descriptors is not None:
        _lower(resource.RLIMIT_NOFILE, limits.descriptors)
    if limits.more_memory is not None:
        _lower(resource.RLIMIT_AS, _memory_now() + limits.more_memory)


def _memory_now() -> int:
    statm = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
    try:
        return int(os.read(statm, 32).split()[0]) * resource.getpagesize()
    finally:
        os.close(statm)


def _lower(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (most, most))
