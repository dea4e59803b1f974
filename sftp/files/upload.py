"""One upload: under a hidden name until it is complete, then under its own, at once and durably.

Invariants: what stands under a final name was closed by its sender, fsynced and renamed; a broken connection never
leaves a part of a file there. The hidden name carries the sender's key, so that only who began an upload can go on
with it. Two connections never write one hidden file: the later beginning wins, and what was begun before gives its
room back and ends. Beginning, finishing and removing exclude each other, over all connections, so that none of them
meets a name that another has just given to something else.
"""

import contextlib
import fcntl
import hashlib
import os
import stat
import threading
import time
from collections.abc import Iterator

from asyncssh.sftp import SFTPError, SFTPFailure, SFTPNoSuchFile

from sftp.files.digest import Digest
from sftp.files.room import Room
from tanos.confinement.beneath import open_beneath

KEPT_SECONDS = 24 * 3600
"""How long a part is kept for its sender to go on."""
_PREFIX = ".upload-"
_HIDDEN = (_PREFIX, ".receipt-")
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
_UNSEEN = 1 << 20
"""Bytes that may be written before it is seen that an upload was removed or begun again elsewhere."""
_HERE = threading.Lock()


def tag_of(key: str) -> str:
    """Return what marks the parts of one key."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def hidden_name(tag: str, name: str) -> str:
    """Return the hidden name of an upload to `name`."""
    readable = f"{_PREFIX}{tag}-{name}"
    if len(os.fsencode(readable)) <= 255:
        return readable
    return f"{_PREFIX}{tag}~{hashlib.sha256(os.fsencode(name)).hexdigest()}"


def parts_of(tag: str, names: list[str]) -> list[str]:
    """Return the final names of the uploads of `tag` among `names`, where their hidden names tell."""
    mark = f"{_PREFIX}{tag}-"
    return [name.removeprefix(mark) for name in names if name.startswith(mark)]


def remove_old_parts(directory: int) -> None:
    """Remove parts that nobody went on with for a day.

    Their age is told by the last change of any kind, since senders set the time of a file before it is complete.
    """
    now = time.time()
    for name in os.listdir(directory):
        if name.startswith(_HIDDEN):
            with contextlib.suppress(OSError):
                if now - os.stat(name, dir_fd=directory, follow_symlinks=False).st_ctime > KEPT_SECONDS:
                    _remove_unheld(directory, name)


def drop_part(directory: int, hidden: str) -> None:
    """Remove a part, and its bytes even where somebody still holds it open; raise FileNotFoundError.

    The caller is `alone`.
    """
    with contextlib.suppress(OSError):
        descriptor = open_beneath(directory, hidden, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            if is_a_part(os.fstat(descriptor)):
                os.ftruncate(descriptor, 0)
        finally:
            os.close(descriptor)
    os.unlink(hidden, dir_fd=directory)


def is_a_part(status: os.stat_result) -> bool:
    """Say whether a status is that of a plain file that nobody gave a second name."""
    return stat.S_ISREG(status.st_mode) and status.st_nlink == 1


@contextlib.contextmanager
def alone(directory: int) -> Iterator[None]:
    """Keep every other thread and connection out of the block."""
    with _HERE:
        fcntl.flock(directory, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(directory, fcntl.LOCK_UN)


def _remove_unheld(directory: int, name: str) -> None:
    """Remove a part unless somebody is at it; raise OSError."""
    descriptor = open_beneath(directory, name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(name, dir_fd=directory)
    finally:
        os.close(descriptor)


class Upload:
    """An open upload."""

    def __init__(self, directory: int, name: str, tag: str, room: Room, *, fresh: bool) -> None:
        self.directory = directory
        self.name = name
        self._room = room
        self._hidden = hidden_name(tag, name)
        self._failed = ""
        self._unseen = 0
        self.digest = Digest()
        self.is_too_large = False
        """It was refused while it arrived, because it is longer than what is taken."""
        self.size = 0
        with alone(directory):
            self.descriptor = self._begin(fresh)

    def write(self, offset: int, data: bytes) -> int:
        """Write at `offset`; after any failure the upload can no longer become a file."""
        end = offset + len(data)
        try:
            self._go_on(len(data))
            if not data:
                return 0
            self._grow(end)
            written = os.pwrite(self.descriptor, data, offset)
            while written < len(data):
                written += os.pwrite(self.descriptor, data[written:], offset + written)
        except SFTPError as error:
            self._failed = error.reason
            raise
        except OSError as error:
            self._failed = error.strerror or str(error)
            raise
        self.digest.wrote(offset, data)
        self.size = max(self.size, end)
        return written

    def cut(self, size: int) -> None:
        """Set the length, as clients do that write over a longer file."""
        try:
            self._go_on(0)
            self._grow(size)
        except SFTPError as error:
            self._failed = error.reason
            raise
        os.ftruncate(self.descriptor, size)
        self.digest.cut(size)
        self.size = size

    def copy_from(self, source: int) -> None:
        """Begin with the bytes of the file that stands under the final name."""
        size = os.fstat(source).st_size
        self._grow(size)
        done = 0
        while done < size:
            copied = os.copy_file_range(source, self.descriptor, size - done, done, done)
            if not copied:
                break
            done += copied
        self.size = done

    def check(self) -> None:
        """Raise SFTPFailure where it did not arrive whole, and forget it then."""
        if self._failed and not self.is_too_large:
            self.discard()
            raise SFTPFailure(f"{self.name} did not arrive whole and was not kept: {self._failed}")

    def claim(self) -> None:
        """Raise SFTPFailure where the part is no longer there; the caller is `alone`."""
        if not self._is_ours():
            raise SFTPFailure(f"{self.name} was begun again in another connection; this upload was not kept.")

    def publish(self) -> None:
        """Put the file, its bytes durable and claimed, under its final name; the caller is still `alone`."""
        os.rename(self._hidden, self.name, src_dir_fd=self.directory, dst_dir_fd=self.directory)

    def withdraw(self) -> None:
        """Remove the file, which is not wanted; the caller is `alone`."""
        if self._is_ours():
            os.unlink(self._hidden, dir_fd=self.directory)

    def leave(self) -> None:
        """Close it as it is."""
        os.close(self.descriptor)

    def discard(self) -> None:
        """Forget the upload."""
        try:
            self._remove()
        finally:
            os.close(self.descriptor)

    def abandon(self) -> None:
        """Keep what arrived for its sender to go on, unless it can be of no use."""
        if self.size == 0 or self._failed or exists(self.directory, self.name):
            self.discard()
        else:
            os.close(self.descriptor)

    def _go_on(self, more: int) -> None:
        """Refuse to, where the upload failed, or where its part is no longer there."""
        if self._failed:
            raise SFTPFailure(self._failed)
        self._unseen += more
        if self._unseen > _UNSEEN:
            self._unseen = 0
            if not os.fstat(self.descriptor).st_nlink:
                raise SFTPFailure(f"{self.name} was removed, or begun again in another connection.")

    def _grow(self, size: int) -> None:
        largest = self._room.wanted.largest
        if size > largest:
            self.is_too_large = True
            raise SFTPFailure(f"{self.name} is larger than {largest} bytes, which is the most that is taken here.")
        if size > self.size:
            self._room.take(size - self.size)

    def _begin(self, fresh: bool) -> int:
        there = exists(self.directory, self._hidden)
        if there and fresh:
            with contextlib.suppress(FileNotFoundError):
                drop_part(self.directory, self._hidden)
        if fresh or not there:
            self._room.take_file()
        descriptor = open_beneath(self.directory, self._hidden, _FLAGS | (os.O_EXCL if fresh else 0), 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise SFTPFailure(f"{self.name} is being sent by another connection.") from None
        if fresh:
            return descriptor  # made just now, and nobody else is here: there is nothing to look at
        status = os.fstat(descriptor)
        if not is_a_part(status) or not self._is_there(status):
            os.close(descriptor)
            raise SFTPNoSuchFile("There is no such file.")
        self.size = status.st_size
        return descriptor

    def _is_ours(self) -> bool:
        return self._is_there(os.fstat(self.descriptor))

    def _is_there(self, status: os.stat_result) -> bool:
        try:
            there = os.stat(self._hidden, dir_fd=self.directory, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return os.path.samestat(there, status)

    def _remove(self) -> None:
        with contextlib.suppress(OSError), alone(self.directory):
            self.withdraw()


def exists(directory: int, name: str) -> bool:
    """Whether anything stands under `name`."""
    try:
        os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True
