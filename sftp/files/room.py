"""How much `/incoming` takes, so that who sends files cannot fill the appliance's disk.

Invariant: complete files and parts of all senders count alike. The directory is looked at again every few files and
megabytes, so that several connections at once exceed what is allowed by no more than that.
"""

import os
from contextlib import suppress

from asyncssh.sftp import SFTPFailure

MOST_BYTES = 2 << 30
MOST_FILES = 4096
RESERVE = 64 << 20
"""Bytes of the disk that are left to the appliance itself: its database and its log."""
_BYTES_UNSEEN = 16 << 20
_FILES_UNSEEN = 64


class Room:
    """What is left in one directory, as one connection knows it."""

    def __init__(self, directory: int) -> None:
        self._directory = directory
        self._look()

    def take_file(self) -> None:
        """Count a file that begins; raise SFTPFailure where there are too many."""
        if self._files >= self._next_files:
            self._look()
        if self._files >= MOST_FILES:
            raise SFTPFailure(f"/incoming holds {MOST_FILES} files, the most that it takes; remove some first.")
        self._files += 1

    def take(self, size: int) -> None:
        """Count bytes that are written; raise SFTPFailure where there is no room for them."""
        if size > self._left - self._unseen:
            self._look()
        if size > self._left:
            raise SFTPFailure("There is no room for that in /incoming; remove files that are not needed first.")
        self._left -= size

    def _look(self) -> None:
        used = self._files = 0
        with os.scandir(self._directory) as entries:
            for entry in entries:
                self._files += 1
                with suppress(FileNotFoundError):  # renamed or removed while we look
                    used += entry.stat(follow_symlinks=False).st_size
        disk = os.fstatvfs(self._directory)
        self._left = min(MOST_BYTES - used, disk.f_bavail * disk.f_frsize - RESERVE)
        self._unseen = max(0, self._left - _BYTES_UNSEEN)
        self._next_files = min(MOST_FILES, self._files + _FILES_UNSEEN)
