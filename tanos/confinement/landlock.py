"""What a process may do to which files, held by the kernel (Landlock, Linux 5.13) against everybody, root too.

Invariants: what no grant names is refused, by the kernel, until the process ends, and for everything that it starts;
nothing can be granted again. It holds the calling thread and those it starts; `confine` sees to it that there is no
other. What this kernel's version does not know is left out and said (`left_out`), never asked for: it would fail.

A grant holds for the file or directory that stands at a path *now* (its inode) and for all below it. A file that is
replaced by a rename is another file: grant the directory in which it is replaced. There is no "but": all of a home
but its keys is the list of its other directories. What lies beside a directory of keys, or is made at the top of the
home (a database and its journals), cannot be granted without granting the keys; it needs a directory of its own, or
to be opened before. Descriptors that are open already keep what they could.

Never covered: looking at names, sizes and times (stat), and changing modes, owners, times and extended attributes of
what can be opened otherwise. `tanos.confinement.seccomp` refuses the latter.
"""

import ctypes
import errno
import os
import stat
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntFlag
from functools import cache, reduce
from operator import or_

from tanos.confinement.single import keep_privileges_down
from tanos.message import N_, Message

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1
_PATH_BENEATH = 1

_TCP = 0b11
"""Binding and connecting."""
_OUTSIDE = 0b11
"""Abstract sockets of, and signals to, processes outside."""
_syscall = ctypes.CDLL(None, use_errno=True).syscall


class Right(IntFlag):
    """What may be done to a file, or to a directory and all below it; the kernel's own numbers."""

    EXECUTE = 1 << 0
    WRITE = 1 << 1
    READ = 1 << 2
    LIST = 1 << 3
    REMOVE_DIRECTORY = 1 << 4
    REMOVE = 1 << 5
    MAKE_CHARACTER_DEVICE = 1 << 6
    MAKE_DIRECTORY = 1 << 7
    MAKE = 1 << 8
    """A plain file; with REMOVE also renaming within one directory."""
    MAKE_SOCKET = 1 << 9
    MAKE_FIFO = 1 << 10
    MAKE_BLOCK_DEVICE = 1 << 11
    MAKE_LINK = 1 << 12
    """A symbolic one."""
    MOVE = 1 << 13
    """Renaming and linking between directories; refused by the first version whatever is granted."""
    TRUNCATE = 1 << 14
    CONTROL_DEVICE = 1 << 15


KEEP_FILES = Right.READ | Right.LIST | Right.WRITE | Right.TRUNCATE | Right.MAKE | Right.REMOVE
"""What a program needs in a directory whose plain files it makes, replaces and removes."""
LOOK = Right.READ | Right.LIST
_OF_FILES = int(Right.EXECUTE | Right.WRITE | Right.READ | Right.TRUNCATE | Right.CONTROL_DEVICE)
_SINCE = {Right.MOVE: 2, Right.TRUNCATE: 3, Right.CONTROL_DEVICE: 5}
_TCP_SINCE = 4
_SCOPES_SINCE = 6


@dataclass(frozen=True)
class Reach:
    """What a process may reach; everything else is refused."""

    files: Mapping[str, Right]
    """What may be done to what stands at these paths now, and below; no path may end in a link."""
    tcp: bool = False
    """May listen and connect."""
    others: bool = False
    """May signal other processes, and meet them at abstract sockets."""


@cache
def version() -> int:
    """Return the version of this kernel's Landlock, 0 where there is none (or it is switched off)."""
    found: int = _syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION)
    return max(0, found)


@cache
def handled(of_version: int) -> Right:
    """Return the rights that a version holds."""
    return reduce(or_, (right for right in Right if _SINCE.get(right, 1) <= of_version), Right(0))


def apply(reach: Reach) -> int:
    """Hold this process to `reach`; return the version that holds it, 0 where there is none.

    Only the calling thread is held. Raises OSError where a path is not there or the kernel refuses.
    """
    held_by = version()
    if not held_by:
        return 0
    rights = int(handled(held_by))
    ruleset = _ask(_CREATE_RULESET, attributes := _attributes(reach, held_by), ctypes.c_size_t(len(attributes)), 0)
    try:
        for path, right in reach.files.items():
            _grant(ruleset, path, int(right) & rights)
        keep_privileges_down()
        _ask(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return held_by


def left_out(of_version: int) -> list[Message]:
    """Name what a version does not cover; the last of it none does."""
    parts = (
        (2, N_("moving files between directories")),
        (3, N_("truncating files")),
        (_TCP_SINCE, N_("TCP")),
        (5, N_("control of devices")),
        (_SCOPES_SINCE, N_("signals and abstract sockets")),
    )
    missing = [part for since, part in parts if since > of_version]
    return [*missing, N_("looking at names, sizes and times of files")]


def _attributes(reach: Reach, held_by: int) -> bytes:
    attributes = struct.pack("=Q", handled(held_by))
    if held_by >= _TCP_SINCE:
        attributes += struct.pack("=Q", 0 if reach.tcp else _TCP)
    if held_by >= _SCOPES_SINCE:
        attributes += struct.pack("=Q", 0 if reach.others else _OUTSIDE)
    return attributes


def _grant(ruleset: int, path: str, right: int) -> None:
    place = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        mode = os.fstat(place).st_mode
        if stat.S_ISLNK(mode):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
        if not stat.S_ISDIR(mode):
            right &= _OF_FILES
        if right:
            _ask(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", right, place), 0)
    finally:
        os.close(place)


def _ask(number: int, *arguments: object) -> int:
    result: int = _syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
