"""What a process that runs as root can do beyond others, given up: reading disks and memory, mounting, tracing.

Invariant: what is given up comes back neither in the process nor in what it starts (`keep_privileges_down` goes
along). Two stay: listening at low ports, and files of the home that another account owns.
"""

import ctypes
import os
import struct

from tanos.confinement.single import keep_privileges_down

_VERSION = 0x20080522
_DAC_OVERRIDE, _NET_BIND_SERVICE = 1, 10
_KEPT = (1 << _DAC_OVERRIDE) | (1 << _NET_BIND_SERVICE)
_SETS = struct.Struct("=6I")
"""Effective, permitted and inheritable, of the first 32 capabilities and then of the others."""
_LIBC = ctypes.CDLL(None, use_errno=True)


def give_up() -> None:
    """Keep no capability but the two; raise OSError where the system refuses."""
    keep_privileges_down()
    head = struct.pack("=Ii", _VERSION, 0)
    sets = ctypes.create_string_buffer(_SETS.size)
    _check(_LIBC.capget(head, sets))
    low = [each & _KEPT for each in _SETS.unpack(sets.raw)[:3]]
    _check(_LIBC.capset(head, _SETS.pack(*low, 0, 0, 0)))


def _check(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
