"""What root alone decides: a file, a directory or a program that nobody else can change is told from one that is not.

Invariant: what is opened is what was looked at (fstat of the descriptor), it is no link, and it and every directory
above it belong to root, or to the account of this process, and can be written by no other. A directory in which
everybody may make files, but replace only his own (/tmp), may stand above.
"""

import os
import stat
from pathlib import Path

from tanos.relying.stopped import Stopped

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_OTHERS_WRITE = 0o022


def read_guarded(path: Path, most: int) -> bytes:
    """Return what stands in a file of at most `most` bytes. Raises Stopped `file-missing`, `unsafe`."""
    descriptor = _opened(path, _FLAGS)
    try:
        info = os.fstat(descriptor)
        if not stat.S_ISREG(info.st_mode) or info.st_size > most:
            raise Stopped("unsafe", path=str(path), reason="kind")
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(most)
    finally:
        os.close(descriptor)


def open_guarded(path: Path) -> int:
    """Return a descriptor of a directory. Raises Stopped `file-missing`, `unsafe`."""
    return _opened(path, _FLAGS | os.O_DIRECTORY)


def check_program(path: str) -> None:
    """Raise Stopped `file-missing` or `unsafe` unless the program at a path, links followed, is guarded."""
    try:
        whole = os.path.realpath(path)
    except ValueError:  # no system takes it for a path
        raise Stopped("unsafe", path=path, reason="path") from None
    os.close(_opened(Path(whole), _FLAGS))


def _opened(path: Path, flags: int) -> int:
    if not path.is_absolute() or ".." in path.parts:
        raise Stopped("unsafe", path=str(path), reason="path")
    try:
        for above in path.parents:
            _check(above, os.lstat(above))
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        raise Stopped("file-missing", path=str(path)) from None
    except (OSError, ValueError):
        raise Stopped("unsafe", path=str(path), reason="kind") from None
    try:
        _check(path, os.fstat(descriptor), above=False)
    except Stopped:
        os.close(descriptor)
        raise
    return descriptor


def _check(path: Path, info: os.stat_result, *, above: bool = True) -> None:
    if stat.S_ISLNK(info.st_mode):
        raise Stopped("unsafe", path=str(path), reason="link")
    if info.st_uid not in {0, os.geteuid()}:
        raise Stopped("unsafe", path=str(path), reason="owner")
    if info.st_mode & _OTHERS_WRITE and not (above and info.st_mode & stat.S_ISVTX):
        raise Stopped("unsafe", path=str(path), reason="mode")
