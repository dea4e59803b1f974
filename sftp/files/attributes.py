"""What a client is told of a file: size, rights that mean something here, times.

Invariant: owners, link counts and other traits of the machine are not told.
"""

import os
import stat
import struct

from asyncssh import SFTPAttrs

_SIZE_OWNER_RIGHTS_TIMES = 0x0000000F
_SHAPE = struct.Struct(">IQIIIII")


class Attributes(SFTPAttrs):
    """The attributes of one file or directory; the library's record, filled and written out without its detours."""

    def __init__(self, status: os.stat_result, *, writable: bool) -> None:
        is_directory = stat.S_ISDIR(status.st_mode)
        rights = (0o700 if writable else 0o500) if is_directory else (0o600 if writable else 0o400)
        self.size = status.st_size
        self.uid = self.gid = 0
        self.nlink = 1
        self.permissions = stat.S_IFMT(status.st_mode) | rights
        self.atime = int(status.st_atime) & 0xFFFFFFFF
        self.mtime = int(status.st_mtime) & 0xFFFFFFFF

    def encode(self, sftp_version: int) -> bytes:
        """Return the wire form of version 3."""
        return _SHAPE.pack(
            _SIZE_OWNER_RIGHTS_TIMES,
            self.size,
            0,
            0,
            self.permissions,
            self.atime,
            self.mtime,
        )
