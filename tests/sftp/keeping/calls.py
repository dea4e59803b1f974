"""What every attempt of a raid is made of: calls of the system by their names, a file that is read, a child."""

import ctypes
import os
from collections.abc import Callable

from tanos.confinement.calls import numbers, this_machine

MARK = b"PRIVATE KEY"
LIBC = ctypes.CDLL(None, use_errno=True)
CALLS = numbers(this_machine())


def syscall(name: str, *words: object) -> int:
    return check(LIBC.syscall(CALLS[name], *words))


def check(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def opened(path: str, _home: str = "") -> bytes:
    file = os.open(path, os.O_RDONLY)
    try:
        return os.read(file, 1 << 16)
    finally:
        os.close(file)


def by_a_child(work: Callable[[], bytes]) -> bytes:
    """Do what cannot be undone in a process of its own."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if MARK in work() else 1
        finally:
            os._exit(status)
    return MARK if os.waitpid(child, 0)[1] == 0 else b""
