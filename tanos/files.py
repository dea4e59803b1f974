"""Writing and reading files so that neither a crash nor a link can surprise.

Invariants: a file appears under its name whole and fsynced, or not at all; it never exists with a wider mode than
it ends with; no link is followed at the last component; a name from outside is one component.
"""

import contextlib
import errno
import fcntl
import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import token_hex

from tanos.errors import AnswerRefused, Damaged
from tanos.inert import inert
from tanos.message import N_

PRIVATE = 0o600
PRIVATE_DIRECTORY = 0o700
_LONGEST_NAME = 255
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_UNFINISHED = re.compile(r"\..*\.[0-9a-f]{16}\.new\Z", re.DOTALL)


def make_directory(path: Path) -> None:
    """Make `path` (0700) if it is missing, durably."""
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=PRIVATE_DIRECTORY, parents=True)
        sync_directory(path.parent)


def write_whole(path: Path, data: bytes, mode: int = PRIVATE) -> None:
    """Put `data` at `path` atomically and durably; an earlier file survives any failure."""
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        write_whole_in(directory, path.name, data, mode)
    finally:
        os.close(directory)


def write_whole_in(directory: int, name: str, data: bytes, mode: int = PRIVATE) -> None:
    """Do the same within an open directory."""
    with _unfinished(directory, name, mode) as (temporary, file):
        _fill(file, data, mode)
        os.rename(temporary, name, src_dir_fd=directory, dst_dir_fd=directory)
        os.fsync(directory)


@contextlib.contextmanager
def prepared(path: Path, data: bytes, mode: int, *, anew: bool) -> Iterator[Callable[[], None]]:
    """Write `data` beside `path`, durably; yield what gives it that name, once, and if `anew` only where it is free.

    So several files are all written before the first of them appears. What is not named is removed.
    """
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def appear() -> None:
        (_link_in if anew else _rename_in)(directory, temporary, path.name)
        os.fsync(directory)

    try:
        with _unfinished(directory, path.name, mode) as (temporary, file):
            _fill(file, data, mode)
            yield appear
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary, dir_fd=directory)
    finally:
        os.close(directory)


def _rename_in(directory: int, name: str, new: str) -> None:
    os.rename(name, new, src_dir_fd=directory, dst_dir_fd=directory)


def _link_in(directory: int, name: str, new: str) -> None:
    """Give a file another name, which must be free; on a disk without links it is renamed after a look."""
    try:
        os.link(name, new, src_dir_fd=directory, dst_dir_fd=directory, follow_symlinks=False)
    except OSError as error:
        if error.errno not in {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS}:
            raise
        with contextlib.suppress(FileNotFoundError):
            os.stat(new, dir_fd=directory, follow_symlinks=False)
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from error
        _rename_in(directory, name, new)
    else:
        os.unlink(name, dir_fd=directory)


def write_new_in(directory: int, name: str, data: bytes, mode: int = PRIVATE) -> None:
    """Make a new file in an open directory, fsynced; refuse one that exists."""
    file = os.open(name, _NEW_FILE, mode, dir_fd=directory)
    try:
        _fill(file, data, mode)
    finally:
        os.close(file)


def sweep(path: Path) -> int:
    """Remove what dead writers left unfinished in a directory; return how many files that were."""
    try:
        directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        return sum(_swept(directory, left.name) for left in path.iterdir() if _UNFINISHED.match(left.name))
    finally:
        os.close(directory)


def _swept(directory: int, name: str) -> bool:
    """Remove an unfinished file unless its writer lives: who writes one holds a lock on it until it has its name."""
    with contextlib.suppress(OSError):
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(name, dir_fd=directory)
        finally:
            os.close(file)
        return True
    return False


@contextlib.contextmanager
def _unfinished(directory: int, name: str, mode: int) -> Iterator[tuple[str, int]]:
    """Make and lock a hidden file for `name`; remove it, and nothing else, where the work with it fails."""
    suffix = f".{token_hex(8)}.new"
    temporary = "." + os.fsdecode(os.fsencode(name)[: _LONGEST_NAME - 1 - len(suffix)]) + suffix
    file = os.open(temporary, _NEW_FILE, mode, dir_fd=directory)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file).st_nlink == 0:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        yield temporary, file
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=directory)
        raise
    finally:
        os.close(file)


def _fill(file: int, data: bytes, mode: int) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
    os.fchmod(file, mode)
    os.fsync(file)


def read_given(path: Path, limit: int) -> bytes:
    """Return at most `limit` bytes of what a person named, and one more, wherever links lead.

    Raises AnswerRefused `missing-file` or `not-a-file`.
    """
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except FileNotFoundError:
        raise AnswerRefused(
            "missing-file", N_("There is no file {name}.", name=inert(str(path))), N_("Put it there and try again.")
        ) from None
    except OSError as error:
        message = N_("{name} cannot be read: {reason}.", name=inert(str(path)), reason=error.strerror or str(error))
        raise AnswerRefused("not-a-file", message, N_("Name a file that you may read.")) from None


def read_plain(path: Path, limit: int) -> bytes:
    """Read a regular file of at most `limit` bytes, following no link.

    Raises AnswerRefused `missing-file`, `not-a-file` or `too-large`.
    """
    shown = inert(path.name)
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise AnswerRefused(
            "missing-file", N_("There is no file {name}.", name=shown), N_("Put it there and try again.")
        ) from None
    except OSError:
        raise _not_a_file(shown) from None
    try:
        return _read_open(file, limit, shown)
    finally:
        os.close(file)


def _read_open(file: int, limit: int, shown: str) -> bytes:
    if not stat.S_ISREG(os.fstat(file).st_mode):
        raise _not_a_file(shown)
    data = b""
    while len(data) <= limit:
        piece = os.read(file, limit + 1 - len(data))
        if not piece:
            return data
        data += piece
    raise AnswerRefused(
        "too-large",
        N_("{name} is larger than {limit} bytes, so it is not what is awaited here.", name=shown, limit=limit),
        N_("Check that you sent the right file."),
    )


def _not_a_file(shown: str) -> AnswerRefused:
    return AnswerRefused(
        "not-a-file",
        N_("{name} is not a plain file.", name=shown),
        N_("Send the file itself, not a link or a directory."),
    )


def one_component(name: str) -> str:
    """Return `name` if it can only name a file in one directory; raise AnswerRefused `bad-name` otherwise."""
    hidden = name.startswith(".")
    if not name or "/" in name or "\0" in name or hidden or len(os.fsencode(name)) > 255 or inert(name) != name:
        raise AnswerRefused(
            "bad-name",
            N_("{name} is not a usable file name.", name=inert(name)),
            N_("Use a plain name without slashes, a leading dot or control characters."),
        )
    return name


def wipe(path: Path) -> None:
    """Overwrite a file and remove it; on a journalling or flash disk the old blocks may still exist."""
    file = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.write(file, b"\0" * os.fstat(file).st_size)
        os.fsync(file)
    finally:
        os.close(file)
    path.unlink()
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make names in a directory durable."""
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def disk_trouble(error: OSError, what: str) -> Damaged:
    """Turn an error of the disk into a sentence."""
    return Damaged(
        "disk-failed",
        N_("{what} could not be written: {reason}.", what=inert(what), reason=error.strerror or str(error)),
        N_("Check free space and rights; nothing was changed."),
    )
