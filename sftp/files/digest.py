"""The SHA-256 of a file while it is written.

Invariant: what is told is the hash of the bytes that the file has: writing in order is hashed on the way, and after
anything else the file is read once more.
"""

import hashlib
import os

_PIECE = 1 << 20
_SPOILED = -1


class Digest:
    """Follows the writing of one file."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._reached = 0
        """Bytes from the beginning that are hashed."""

    def wrote(self, offset: int, data: bytes) -> None:
        """Take what was written."""
        if offset == self._reached:
            self._hash.update(data)
            self._reached += len(data)
        elif data:
            self._reached = _SPOILED

    def cut(self, size: int) -> None:
        """Take that the file has another length."""
        if size < self._reached:
            self._reached = _SPOILED

    def of(self, descriptor: int, size: int) -> str:
        """Return the hash of the open file, in hexadecimal."""
        if self._reached != size:
            self._hash = hashlib.sha256()
            self._reached = 0
            while data := os.pread(descriptor, _PIECE, self._reached):
                self._hash.update(data)
                self._reached += len(data)
        return self._hash.hexdigest()
