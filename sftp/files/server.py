"""The library's file operations, every one of them answered by the drop box or refused.

Invariant: no method of the library's own server is left that could touch the disk; a test walks them all.
"""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import nullcontext, suppress
from typing import cast

from asyncssh import SFTPAttrs, SFTPName, SFTPServer
from asyncssh.constants import FXF_APPEND, FXF_CREAT, FXF_EXCL, FXF_READ, FXF_TRUNC, FXF_WRITE
from asyncssh.sftp import SFTPError, SFTPFailure, SFTPNoSuchFile, SFTPOpUnsupported, SFTPPermissionDenied

from sftp.files.attributes import Attributes
from sftp.files.box import Box, Reading
from sftp.files.for_people import is_for_people
from sftp.files.places import INCOMING, Place, place_of
from sftp.files.publisher import Publisher, Tell
from sftp.files.upload import Upload
from sftp.refusals import NO_KEYS_BY_SFTP
from tanos.platform import DROP_BOX_USER
from tanos.receipt import is_receipt

LARGEST_READ = 256 * 1024 - 1024
_BEYOND = 1 << 62
"""No file is that long, and the system could not be asked."""
_File = Reading | Upload
_STDERR = 2


class DropBoxServer(SFTPServer):
    """Serves one connection."""

    def __init__(self, box: Box, tell: Tell, flush: Callable[[], None] = lambda: None) -> None:
        self._box = box
        self._tell = tell
        self.publisher = Publisher(box, tell, flush)
        self._appending: set[int] = set()
        self.broken = False
        """Set when the connection ended: what is open now was not closed by its sender."""

    def format_user(self, uid: int | None) -> str:
        """Name no account of the machine."""
        return DROP_BOX_USER

    def format_group(self, gid: int | None) -> str:
        """Name no group of the machine."""
        return DROP_BOX_USER

    def map_path(self, path: bytes) -> bytes:
        """Never: paths are resolved by the drop box."""
        raise _refused()

    def reverse_map_path(self, path: bytes) -> bytes:
        """Never: paths are resolved by the drop box."""
        raise _refused()

    def open(self, path: bytes, pflags: int, attrs: SFTPAttrs) -> object:
        """Open a file."""
        try:
            place = place_of(path)
        except SFTPNoSuchFile:
            if not pflags & FXF_WRITE:
                raise
            raise SFTPPermissionDenied("Files are put into /incoming, and nowhere else.") from None
        if place.is_directory:
            raise SFTPFailure("That is a directory.")
        self.publisher.settle(place)
        if not pflags & FXF_WRITE:
            if pflags & FXF_READ:
                with self._told(place) if is_for_people(place) else nullcontext():
                    return self._box.read(place)
            raise SFTPFailure("A file is opened to read or to write.")
        with self._told(place):
            upload = self._box.write(
                place,
                create=bool(pflags & FXF_CREAT),
                exclusive=bool(pflags & FXF_EXCL and pflags & FXF_CREAT),
                truncate=bool(pflags & FXF_TRUNC),
            )
        if pflags & FXF_APPEND:
            self._appending.add(id(upload))
        return upload

    def open56(self, path: bytes, desired_access: int, flags: int, attrs: SFTPAttrs) -> object:
        """Never: version 3 of the protocol is spoken here."""
        raise _refused()

    def close(self, file_obj: object) -> None:
        """Close a file; an upload appears under its name now, if its sender closed it."""
        file = cast(_File, file_obj)
        if isinstance(file, Reading):
            whole = not self.broken and file.is_whole
            os.close(file.descriptor)
            if file.sent:
                self._tell("get", str(file.place), f"{file.sent} bytes", "done" if whole else "cut-short")
            return
        self._appending.discard(id(file))
        if self.broken:
            with suppress(OSError):
                file.abandon()
            return
        self.publisher.publish(file)

    def read(self, file_obj: object, offset: int, size: int) -> bytes:
        """Read."""
        file = cast(_File, file_obj)
        if offset >= _BEYOND:
            return b""
        data = os.pread(file.descriptor, min(size, LARGEST_READ), offset)
        if isinstance(file, Reading):
            file.sent += len(data)
            file.reached = max(file.reached, offset + len(data))
        return data

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        """Write."""
        if not isinstance(file_obj, Upload):
            raise SFTPPermissionDenied("This file was opened to read.")
        return file_obj.write(file_obj.size if id(file_obj) in self._appending else offset, data)

    def lstat(self, path: bytes) -> Attributes:
        """There are no links, so this is the same as stat."""
        return self.stat(path)

    def fstat(self, file_obj: object) -> SFTPAttrs:
        """Say what is known of an open file."""
        file = cast(_File, file_obj)
        return Attributes(os.fstat(file.descriptor), writable=isinstance(file, Upload))

    def stat(self, path: bytes) -> Attributes:
        """Say what is known of a place."""
        place = place_of(path)
        self.publisher.settle(place)
        return Attributes(self._box.status(place), writable=_is_writable(place))

    def setstat(self, path: bytes, attrs: SFTPAttrs) -> None:
        """Keep the time and ignore rights and owners, which clients set without being asked."""
        place = place_of(path)
        self.publisher.settle(place)
        status = self._box.status(place)
        if attrs.size is not None and attrs.size != status.st_size:
            raise SFTPOpUnsupported("The length of a file is set by sending it.")
        if attrs.mtime is not None:
            self._box.set_time(place, attrs.mtime)

    def lsetstat(self, path: bytes, attrs: SFTPAttrs) -> None:
        """There are no links, so this is the same as setstat."""
        self.setstat(path, attrs)

    def fsetstat(self, file_obj: object, attrs: SFTPAttrs) -> None:
        """Set the length and the time of a file that is sent; ignore the rest."""
        if isinstance(file_obj, Upload):
            if attrs.size is not None:
                file_obj.cut(attrs.size)
            if attrs.mtime is not None:
                os.utime(file_obj.descriptor, (attrs.mtime, attrs.mtime))

    def scandir(self, path: bytes) -> AsyncIterator[SFTPName]:
        """List a directory as it is now."""
        place = place_of(path)
        self.publisher.settle(place, whole=True)
        return self._entries(place, self._box.names(place))

    def remove(self, path: bytes) -> None:
        """Remove a file."""
        place = place_of(path)
        self.publisher.settle(place)
        with self._told(place):
            self._box.remove(place)
        self._tell("remove", str(place), "", "done")

    def mkdir(self, path: bytes, attrs: SFTPAttrs) -> None:
        """Refused: there are no directories here. Clients do not show why, so `ssh-copy-id -s` is told beside it."""
        if path.rpartition(b"/")[2] == b".ssh":
            with suppress(OSError):
                os.write(_STDERR, f"{NO_KEYS_BY_SFTP}\n".encode())
        raise SFTPPermissionDenied("No directories are made here.")

    def rmdir(self, path: bytes) -> None:
        """Refused: the directories stay."""
        raise SFTPPermissionDenied("No directories are removed here.")

    def realpath(self, path: bytes) -> bytes:
        """Return a path without `.` and `..`."""
        return str(place_of(path)).encode()

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Rename to a name that is free."""
        self._rename(oldpath, newpath, replace=False)

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Rename over what stands there."""
        self._rename(oldpath, newpath, replace=True)

    def readlink(self, path: bytes) -> bytes:
        """Refused: there are no links."""
        raise SFTPPermissionDenied("There are no links here.")

    def symlink(self, oldpath: bytes, newpath: bytes) -> None:
        """Refused: there are no links."""
        raise SFTPPermissionDenied("There are no links here.")

    def link(self, oldpath: bytes, newpath: bytes) -> None:
        """Refused: there are no links."""
        raise SFTPPermissionDenied("There are no links here.")

    def lock(self, file_obj: object, offset: int, length: int, flags: int) -> None:
        """Refused: not in version 3."""
        raise _refused()

    def unlock(self, file_obj: object, offset: int, length: int) -> None:
        """Refused: not in version 3."""
        raise _refused()

    def statvfs(self, path: bytes) -> os.statvfs_result:
        """Say how much room there is."""
        return os.fstatvfs(self._box.directory(place_of(path)))

    def fstatvfs(self, file_obj: object) -> os.statvfs_result:
        """Say how much room there is."""
        return os.fstatvfs(cast(_File, file_obj).descriptor)

    def fsync(self, file_obj: object) -> None:
        """Make what was sent durable; it still appears only when it is closed."""
        os.fsync(cast(_File, file_obj).descriptor)

    def exit(self) -> None:
        """Nothing is left to do."""

    def _rename(self, oldpath: bytes, newpath: bytes, *, replace: bool) -> None:
        old, new = place_of(oldpath), place_of(newpath)
        self.publisher.settle(old)
        self.publisher.settle(new)
        with self._told(old):
            self._box.rename(old, new, replace=replace)
        self._tell("rename", str(old), str(new), "done")

    async def _entries(self, place: Place, names: list[str]) -> AsyncIterator[SFTPName]:
        for name in (".", ".."):
            yield SFTPName(name.encode(), attrs=self.stat(str(place).encode()))
        for name in names:
            found = Place(place.directory or name, name if place.directory else "")
            try:
                status = self._box.status(found)
            except SFTPError:
                continue
            yield SFTPName(name.encode(), attrs=Attributes(status, writable=_is_writable(found)))

    def _told(self, place: Place) -> "_Telling":
        return _Telling(self._tell, str(place))


class _Telling:
    """Tells of a refusal, and lets it pass."""

    def __init__(self, tell: Tell, about: str) -> None:
        self._tell = tell
        self._about = about

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, SFTPError | OSError):
            reason = error.reason if isinstance(error, SFTPError) else error.strerror or ""
            self._tell("refused", self._about, reason, "not-allowed")


def _is_writable(place: Place) -> bool:
    return place.directory == INCOMING and not is_receipt(place.name)


def _refused() -> SFTPOpUnsupported:
    return SFTPOpUnsupported("That is not offered here.")
