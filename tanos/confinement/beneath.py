"""What Python has no name for, asked of the kernel: opening beneath a directory, through no link of any kind.

Invariant: a path that leaves the directory, or meets a link on its way, is refused by the kernel (`openat2`, Linux
5.6), so that no order of renames by others can lead elsewhere. Where the kernel cannot promise that, nothing opens.
"""

import ctypes
import os
import struct

_SYS_OPENAT2 = 437
_RESOLVE_NO_XDEV = 0x01
_RESOLVE_NO_MAGICLINKS = 0x02
_RESOLVE_NO_SYMLINKS = 0x04
_RESOLVE_BENEATH = 0x08
_RESOLVE = _RESOLVE_NO_XDEV | _RESOLVE_NO_MAGICLINKS | _RESOLVE_NO_SYMLINKS | _RESOLVE_BENEATH
_RENAME_NOREPLACE = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def open_beneath(directory: int, name: str, flags: int, mode: int = 0) -> int:
    """Open `name` beneath the open `directory`; raise OSError (ELOOP at a link, EXDEV at a way out)."""
    path = os.fsencode(name)
    if b"\0" in path:
        raise FileNotFoundError(2, os.strerror(2))
    how = struct.pack("QQQ", flags | os.O_CLOEXEC, mode, _RESOLVE)
    descriptor: int = _LIBC.syscall(_SYS_OPENAT2, directory, path, how, len(how))
    if descriptor < 0:
        raise _error()
    return descriptor


def holds(directory: int) -> bool:
    """Say whether the kernel opens beneath the open `directory` at all."""
    try:
        os.close(open_beneath(directory, ".", os.O_PATH))
    except OSError:
        return False
    return True


def rename_to_new(directory: int, old: str, new: str) -> None:
    """Rename within a directory; raise FileExistsError where `new` exists, atomically."""
    if _LIBC.renameat2(directory, os.fsencode(old), directory, os.fsencode(new), _RENAME_NOREPLACE) < 0:
        raise _error()


def _error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))
