"""How much `/incoming` takes, so that who sends files cannot fill the appliance's disk.

Invariant: complete files and parts of all senders count alike; receipts do not, but there are at most two of them for
each file that is taken, since those of refused files have none. The directory is looked at again every few files and
megabytes, so that several connections at once exceed what is allowed by no more than that.
"""

import os
from contextlib import suppress

from asyncssh.sftp import SFTPFailure

from tanos.receipt import is_receipt
from tanos.receipts.wanted import Wanted

RESERVE = 64 << 20
"""Bytes of the disk that are left to the appliance itself: its database and its log."""
_BYTES_UNSEEN = 16 << 20
_FILES_UNSEEN = 64


class Room:
    """What is left in one directory, as one connection knows it."""

    def __init__(self, directory: int, wanted: Wanted) -> None:
        self._directory = directory
        self.wanted = wanted
        self._look()

    def take_file(self) -> None:
        """Count a file that begins; raise SFTPFailure where there are too many."""
        most = self.wanted.most_files
        if self._files >= self._next_files or self._receipts >= 2 * most:
            self._count()
        if self._files >= most:
            raise SFTPFailure(f"/incoming holds {most} files, the most that it takes; remove some first.")
        if self._receipts >= 2 * most:
            raise SFTPFailure("/incoming holds as many receipts as it takes, until it is emptied.")
        self._files += 1
        self._receipts += 1

    def take(self, size: int) -> None:
        """Count bytes that are written; raise SFTPFailure where there is no room for them."""
        if size > self._left - self._unseen:
            self._look()
        if size > self._left:
            raise SFTPFailure("There is no room for that in /incoming; remove files that are not needed first.")
        self._left -= size

    def _look(self) -> None:
        self._count()
        used = 0
        with os.scandir(self._directory) as entries:
            for entry in entries:
                if not _is_receipt(entry.name):
                    with suppress(FileNotFoundError):  # renamed or removed while we look
                        used += entry.stat(follow_symlinks=False).st_size
        disk = os.fstatvfs(self._directory)
        self._left = min(self.wanted.most_bytes - used, disk.f_bavail * disk.f_frsize - RESERVE)
        self._unseen = max(0, self._left - _BYTES_UNSEEN)

    def _count(self) -> None:
        """Look at the names alone, which is quick however many there are; bytes are looked at for themselves."""
        with os.scandir(self._directory) as entries:
            names = [entry.name for entry in entries]
        self._receipts = sum(map(_is_receipt, names))
        self._files = len(names) - self._receipts
        self._next_files = min(self.wanted.most_files, self._files + _FILES_UNSEEN)


def _is_receipt(name: str) -> bool:
    return name.startswith(".receipt-") or is_receipt(name)
