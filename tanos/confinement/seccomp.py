"""What a process may ask of the kernel at all: a filter over system calls, made here (seccomp, without a library).

Invariants: a filter can be added to and never taken off; it holds for threads and programs started later. Calls of
another architecture kill the process, and those of x32 are refused, so that no other numbering leads around it. On a
machine whose numbers are not known here there is no filter, and that is said (False).

Two shapes. A process whose needs are few and known (the drop box) says what it may call, and the rest is refused: so
it is with `only`. One that runs whole libraries says what nobody here ever needs (`NEVER`). What makes either
last: a call newer than our table is answered ENOSYS, as an older kernel would, and the C library then takes the older
way that it has for such kernels; `clone3`, whose flags lie in memory that a filter cannot read, likewise. Calls we
know and refuse are answered EPERM, so that Python raises PermissionError instead of dying. What upgrades of Python
and the C library call is tried by a test that holds a whole dialogue confined.
"""

import ctypes
import errno
import os
import socket
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from tanos.confinement.calls import ARCHITECTURES, NEWEST, numbers, this_machine
from tanos.confinement.single import keep_privileges_down

_ALLOW = 0x7FFF0000
_KILL = 0x80000000
_REFUSE = 0x00050000 | errno.EPERM
_UNKNOWN = 0x00050000 | errno.ENOSYS
_X32 = 0x40000000
_LOAD, _EQUAL, _AT_LEAST, _GREATER, _AND, _RETURN = 0x20, 0x15, 0x35, 0x25, 0x54, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16
_PR_SET_SECCOMP, _MODE_FILTER = 22, 2
_prctl = ctypes.CDLL(None, use_errno=True).prctl
_Step = tuple[int, int, int, int]
"""Code, how many steps to skip where it is true, where it is not, and the constant."""


@dataclass(frozen=True)
class Case:
    """A call judged by one argument: `allowed` where `argument & mask == value`, and the opposite otherwise."""

    call: str
    argument: int
    mask: int
    value: int
    allowed: bool


@dataclass(frozen=True)
class Filter:
    """`only`: these calls are allowed and all others refused; otherwise these are refused and all others allowed."""

    calls: frozenset[str]
    only: bool
    cases: tuple[Case, ...] = ()
    """Calls that are judged by an argument; several of one call, in this order, as long as none has matched."""

    @cached_property
    def program(self) -> bytes:
        """For this machine; empty where it is not known. It is made once, best before a process forks."""
        machine = this_machine()
        return assemble(self, machine) if machine else b""


RUNNING = frozenset({"execve", "execveat"})
"""Starting other programs."""
SOCKETS = frozenset({"socket", "connect", "bind", "listen", "accept", "accept4"})
_NEVER = """
    ptrace process_vm_readv process_vm_writev process_madvise process_mrelease kcmp pidfd_getfd
    mount umount2 pivot_root move_mount open_tree fsopen fsconfig fsmount fspick mount_setattr chroot swapon swapoff
    reboot sethostname setdomainname init_module finit_module delete_module kexec_load kexec_file_load
    bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register keyctl add_key request_key
    unshare setns acct quotactl quotactl_fd settimeofday clock_settime adjtimex clock_adjtime iopl ioperm modify_ldt
    lookup_dcookie nfsservctl vhangup syslog open_by_handle_at name_to_handle_at fanotify_init personality
"""
NEVER = frozenset(_NEVER.split())
"""What no process of an appliance ever needs: other processes' memory, mounts, modules, keys, namespaces, clocks."""
_NEW_NAMESPACES = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
NO_NAMESPACES = tuple(Case("clone", 0, flag, flag, allowed=False) for flag in _NEW_NAMESPACES)
NO_TYPING = tuple(Case("ioctl", 1, 0xFFFFFFFF, number, allowed=False) for number in (_TIOCSTI, _TIOCLINUX))
"""No keys are put into the terminal that one shares with another."""
NO_LOCAL_SOCKETS = (Case("socket", 0, 0xFFFFFFFF, socket.AF_UNIX, allowed=False),)
"""Pairs can still be made; what lies in a directory cannot be met."""
ORDINARY = Filter(NEVER, only=False, cases=NO_NAMESPACES + NO_TYPING)
"""For a process that does much."""


def is_there() -> bool:
    """Say whether this kernel takes filters for this machine: then it looks for one, where none is."""
    if not this_machine():
        return False
    _prctl(_PR_SET_SECCOMP, _MODE_FILTER, None, 0, 0)
    return ctypes.get_errno() == errno.EFAULT


def apply(rules: Filter) -> bool:
    """Hold this process to `rules`; False where this machine or kernel has no filters.

    Only the calling thread is held. Raises OSError where the kernel refuses.
    """
    program = rules.program
    if not program:
        return False
    steps = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(steps))
    keep_privileges_down()
    if _prctl(_PR_SET_SECCOMP, _MODE_FILTER, head, 0, 0) == 0:
        return True
    number = ctypes.get_errno()
    if number in {errno.EINVAL, errno.ENOSYS}:
        return False
    raise OSError(number, os.strerror(number))


def assemble(rules: Filter, machine: str) -> bytes:
    """Return the filter's program for a machine, eight bytes a step."""
    steps = [*_guards(machine), *_judgements(rules, machine), _give(_REFUSE if rules.only else _ALLOW)]
    return b"".join(struct.pack("HBBI", *step) for step in steps)


def _guards(machine: str) -> Iterator[_Step]:
    yield _LOAD, 0, 0, _ARCHITECTURE_AT
    yield _EQUAL, 1, 0, ARCHITECTURES[machine]
    yield _give(_KILL)
    yield _LOAD, 0, 0, _NUMBER_AT
    if machine == "x86_64":
        yield _AT_LEAST, 0, 1, _X32
        yield _give(_REFUSE)
    yield _GREATER, 0, 1, NEWEST
    yield _give(_UNKNOWN)
    yield _EQUAL, 0, 1, numbers(machine)["clone3"]
    yield _give(_UNKNOWN)


def _judgements(rules: Filter, machine: str) -> Iterator[_Step]:
    """Yield the steps for each call; the number of the call is loaded before and after each."""
    table = numbers(machine)
    for number in sorted(table[call] for call in rules.calls if call in table):
        yield _EQUAL, 0, 1, number
        yield _give(_ALLOW if rules.only else _REFUSE)
    for call in dict.fromkeys(case.call for case in rules.cases):
        if call in table:
            steps = list(_steps_of(case for case in rules.cases if case.call == call))
            yield _EQUAL, 0, len(steps), table[call]
            yield from steps


def _steps_of(cases: Iterable[Case]) -> Iterator[_Step]:
    allowed = True
    for case in cases:
        allowed = case.allowed
        words = [(0, case.mask & 0xFFFFFFFF, case.value & 0xFFFFFFFF), (4, case.mask >> 32, case.value >> 32)]
        words = [word for word in words if word[1]]
        for index, (offset, mask, value) in enumerate(words):
            yield _LOAD, 0, 0, _ARGUMENTS_AT + 8 * case.argument + offset
            yield _AND, 0, 0, mask
            yield _EQUAL, 0, 3 * (len(words) - index - 1) + 1, value
        yield _give(_ALLOW if allowed else _REFUSE)
    yield _give(_REFUSE if allowed else _ALLOW)


def _give(answer: int) -> _Step:
    return _RETURN, 0, 0, answer
