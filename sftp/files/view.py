"""What of the two directories there is for one key: which names, of what size, and which file a name opens.

Invariant: there are plain files and nothing else, and nothing is opened but beneath the two directories. One sees a
complete file under its name or, where there is none, the part that one's own key sent so far.
"""

import errno
import os
import stat
from pathlib import Path

from asyncssh.sftp import SFTPNoSuchFile, SFTPPermissionDenied

from sftp.files.places import INCOMING, OUTGOING, Place, is_listed
from sftp.files.upload import hidden_name, parts_of
from tanos.confinement.beneath import open_beneath

LOOK = os.O_PATH | os.O_NOFOLLOW
"""To look at a file and read nothing of it."""


class View:
    """The two directories of one appliance as one key sees them."""

    def __init__(self, dropbox: Path, tag: str, only: str) -> None:
        """`tag` marks the parts of a key; `only` is the one directory that it is for, or empty."""
        self._tag = tag
        self._only = only
        self._directories = {
            name: os.open(dropbox / name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            for name in (INCOMING, OUTGOING)
        }

    def directory(self, place: Place) -> int:
        """Return the open directory a place lies in; raise SFTPPermissionDenied where the key is for the other."""
        if self._only and place.directory not in {"", self._only}:
            raise SFTPPermissionDenied(f"This key is for /{self._only} alone.")
        return self._directories[place.directory or INCOMING]

    def names(self, place: Place) -> list[str]:
        """List a directory."""
        if place.name:
            raise SFTPNoSuchFile("That is not a directory.")
        if not place.directory:
            return [self._only] if self._only else [INCOMING, OUTGOING]
        found = os.listdir(self.directory(place))  # noqa: PTH208 - of an open directory
        parts = parts_of(self._tag, found) if place.directory == INCOMING else []
        return sorted({name for name in [*found, *parts] if is_listed(name)})

    def status(self, place: Place) -> os.stat_result:
        """Return what the disk knows of a place; raises SFTPNoSuchFile for anything but files and directories."""
        if place.is_directory:
            return os.fstat(self.directory(place))
        if not is_listed(place.name):
            raise SFTPNoSuchFile("There is no such file.")
        directory = self.directory(place)
        try:
            status = os.stat(place.name, dir_fd=directory, follow_symlinks=False)
        except OSError:
            status = self._status_of_part(place)
        if not stat.S_ISREG(status.st_mode):
            raise SFTPNoSuchFile("There is no such file.")
        return status

    def _status_of_part(self, place: Place) -> os.stat_result:
        descriptor = self.open(place, LOOK)
        try:
            return os.fstat(descriptor)
        finally:
            os.close(descriptor)

    def open(self, place: Place, flags: int, *, parts: bool = True) -> int:
        """Return a descriptor of a plain file, or where there is none of its part; raises SFTPNoSuchFile."""
        if place.is_directory or not is_listed(place.name):
            raise SFTPNoSuchFile("There is no such file.")
        directory = self.directory(place)
        try:
            descriptor = open_beneath(directory, place.name, flags)
        except OSError as error:
            if error.errno != errno.ENOENT or not parts or place.directory != INCOMING:
                raise SFTPNoSuchFile("There is no such file.") from None
            descriptor = self.open_part(place, flags)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise SFTPNoSuchFile("There is no such file.")
        return descriptor

    def open_part(self, place: Place, flags: int) -> int:
        """Return a descriptor of the part of a file that this key sent; raises SFTPNoSuchFile."""
        try:
            return open_beneath(self.directory(place), hidden_name(self._tag, place.name), flags)
        except OSError:
            raise SFTPNoSuchFile("There is no such file.") from None
