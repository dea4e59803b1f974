"""Confining this process: all of what it said it needs, at once, and nothing else from then on.

Invariants: it is done once, before the process reads a byte of a stranger's and before it has a second thread; every
module it needs is imported before, since files that are not granted can no longer be opened. What held is returned,
so that who started may refuse to go on; nothing is left half done where an error is raised but the process's end.
"""

import contextlib
import ctypes
from dataclasses import dataclass, field

from tanos.confinement import landlock, limits, seccomp
from tanos.confinement.landlock import Reach
from tanos.confinement.limits import Limits
from tanos.confinement.seccomp import ORDINARY, Filter
from tanos.confinement.single import check_single_threaded, keep_privileges_down

with contextlib.suppress(OSError):
    ctypes.CDLL("libgcc_s.so.1")  # the C library loads it when a thread first ends, which would be too late


@dataclass(frozen=True)
class Confinement:
    """What a process needs; the rest is refused."""

    reach: Reach
    calls: Filter = ORDINARY
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Held:
    """What holds a process to it."""

    landlock: int
    """The version; 0 where there is none."""
    seccomp: bool


def confine(what: Confinement) -> Held:
    """Hold this process to `what`, from now on.

    Raises OSError where something to be reached is not there or the kernel refuses, RuntimeError where there are
    several threads already.
    """
    check_single_threaded()
    limits.apply(what.limits)
    keep_privileges_down()
    return Held(landlock.apply(what.reach), seccomp.apply(what.calls))
