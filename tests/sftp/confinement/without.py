"""Runs a program on a kernel that lacks calls, which are answered ENOSYS: `python -m … CALL,CALL PROGRAM WORDS`."""

import ctypes
import os
import struct
import sys

from tanos.confinement.single import keep_privileges_down

CALLS = {"landlock_create_ruleset": 444, "openat2": 437}
NO_SUCH_CALL = 0x00050000 | 38


def take_away(names: list[str]) -> None:
    """Answer these calls as a kernel would that does not know them; their numbers are the same on all machines."""
    steps = [(0x20, 0, 0, 0)]
    for name in names:
        steps += [(0x15, 0, 1, CALLS[name]), (0x06, 0, 0, NO_SUCH_CALL)]
    steps.append((0x06, 0, 0, 0x7FFF0000))
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    head = struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(program))
    keep_privileges_down()
    assert ctypes.CDLL(None).prctl(22, 2, head, 0, 0) == 0


if __name__ == "__main__":
    take_away(sys.argv[1].split(","))
    os.execv(sys.argv[2], sys.argv[2:])
