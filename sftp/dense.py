"""The memory of a parent, arranged so that its forks share as much of it as they can.

Invariants: collecting garbage in a fork looks at what the fork made and at nothing of the parent's. What a fork
allocates lies together, on pages of its own: left alone it would lie in the holes between what the parent has, and
each hole would cost the fork a copy of a whole page. Where the C library is another than glibc, the holes stay.
"""

import ctypes
import gc

_LIBC = ctypes.CDLL(None)
_LARGE = tuple(1 << power for power in range(16, 10, -1))
_SMALL = range(1032, 23, -16)
"""Bytes to ask for, so that each kind of hole is met; the large ones are cut up before the small ones are taken."""


class _Mallinfo(ctypes.Structure):
    """What mallinfo2(3) tells: ten numbers, of which the last is what lies free at the top."""

    _fields_ = tuple((name, ctypes.c_size_t) for name in (*"123456789", "keepcost"))


def settle() -> None:
    """Make this process ready to be forked from: nothing that it has now is freed any more."""
    gc.collect()
    if all(hasattr(_LIBC, name) for name in ("mallinfo2", "malloc_trim", "sbrk")):
        _fill_holes()
    gc.freeze()


def _fill_holes() -> None:
    """Give back the whole pages that lie free, and take every hole that is left, for good."""
    allocate, end, info = _LIBC.malloc, _LIBC.sbrk, _LIBC.mallinfo2
    allocate.argtypes, allocate.restype = (ctypes.c_size_t,), ctypes.c_size_t
    end.argtypes, end.restype = (ctypes.c_ssize_t,), ctypes.c_size_t
    info.restype = _Mallinfo
    _LIBC.malloc_trim(0)
    top = end(0) - info().keepcost
    for size in (*_LARGE, *_SMALL):
        while 0 < allocate(size) < top:
            pass
