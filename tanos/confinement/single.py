"""Before a process is confined: it has one thread, and can gain no privileges by what it starts."""

import ctypes
import os

_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_prctl = ctypes.CDLL(None, use_errno=True).prctl


def check_single_threaded() -> None:
    """Raise RuntimeError where there is more than one thread: the kernel would confine only this one."""
    if len(os.listdir("/proc/self/task")) != 1:  # noqa: PTH208 - threads, not files
        raise RuntimeError("confined too late: there is more than one thread")


def keep_privileges_down() -> None:
    """Let no program that is started have more rights than this process; raise OSError."""
    if _prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def keep_unread() -> None:
    """Let no other process of this user look into the memory and descriptors of this one; raise OSError."""
    if _prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
