"""Ways into the memory, the files and the life of the keeper's process."""

# The system calls themselves are what is tried here, not their names in Python:
# ruff: noqa: PTH115, PTH208
import ctypes
import os
import signal
from collections.abc import Callable

from tests.sftp.keeping.calls import LIBC, MARK, by_a_child, check, opened, syscall


def traced(pid: int) -> bytes:
    """In a process of its own, whose end lets go of the keeper."""

    def seize() -> bytes:
        check(LIBC.ptrace(0x4206, pid, None, None))
        return MARK

    return by_a_child(seize)


def memory_read(pid: int) -> bytes:
    return opened(f"/proc/{pid}/mem") or MARK


def maps_read(pid: int) -> bytes:
    return MARK if opened(f"/proc/{pid}/maps") else b""


def environment_read(pid: int) -> bytes:
    opened(f"/proc/{pid}/environ")
    return MARK


def descriptors_listed(pid: int) -> bytes:
    """See what the keeper has open, and open it."""
    for each in os.listdir(f"/proc/{pid}/fd"):
        os.readlink(f"/proc/{pid}/fd/{each}")
    return MARK


def memory_copied(pid: int) -> bytes:
    buffer = ctypes.create_string_buffer(8)
    here = (ctypes.c_uint64 * 2)(ctypes.addressof(buffer), 8)
    there = (ctypes.c_uint64 * 2)(0x400000, 8)
    result = LIBC.process_vm_readv(pid, here, 1, there, 1, 0)
    if result < 0 and ctypes.get_errno() == 14:  # the address is none there, but one may look
        return MARK
    check(result)
    return MARK


def descriptor_taken(pid: int) -> bytes:
    pidfd = os.pidfd_open(pid)
    syscall("pidfd_getfd", pidfd, 3, 0)
    return MARK


def namespaces_entered(pid: int) -> bytes:
    check(LIBC.setns(os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY), 0))
    return MARK


def signalled(pid: int) -> bytes:
    os.kill(pid, 0)
    return MARK


def stopped(pid: int) -> bytes:
    os.kill(pid, signal.SIGCONT)
    return MARK


LOOKS: dict[str, Callable[[int], bytes]] = {
    "trace": traced,
    "read the memory of": memory_read,
    "read the map of": maps_read,
    "read the environment of": environment_read,
    "list the descriptors of": descriptors_listed,
    "copy the memory of": memory_copied,
    "take a descriptor of": descriptor_taken,
    "enter the namespaces of": namespaces_entered,
    "signal": signalled,
    "continue": stopped,
}
"""What is tried on the keeper's processes."""
