"""Paths as tancopy may say them: `/`, `/incoming`, `/outgoing`, and one name below these two.

Invariant: a path is taken apart by its text alone, and what remains is at most one directory of two and one name
without slashes; there is nothing else to ask the disk for.
"""

import posixpath
from dataclasses import dataclass
from functools import lru_cache

from asyncssh.sftp import SFTPInvalidFilename, SFTPNoSuchFile, SFTPPermissionDenied

from tanos.errors import AnswerRefused
from tanos.files import one_component
from tanos.receipt import looks_like_receipt

INCOMING = "incoming"
OUTGOING = "outgoing"
_LONGEST = 4096
_REMEMBERED = 16
"""Paths and names: clients ask several things of one file in a row."""


@dataclass(frozen=True)
class Place:
    """Somewhere in the drop box; both parts empty is `/`."""

    directory: str = ""
    name: str = ""

    def __str__(self) -> str:
        return "/" + "/".join(part for part in (self.directory, self.name) if part)

    @property
    def is_directory(self) -> bool:
        """Whether it is one of the three directories."""
        return not self.name


@lru_cache(_REMEMBERED)
def place_of(path: bytes) -> Place:
    """Return what `path` says; relative ones begin at `/`. Raises SFTPNoSuchFile."""
    text = _text(path)
    parts = [part for part in posixpath.normpath("/" + text).split("/") if part]
    if not parts:
        return Place()
    if parts[0] not in {INCOMING, OUTGOING} or len(parts) > 2:
        raise SFTPNoSuchFile("Only /incoming and /outgoing are here, without directories below.")
    return Place(*parts)


def check_new_name(place: Place) -> None:
    """Raise SFTPInvalidFilename, or SFTPPermissionDenied, where no file may have that name."""
    if looks_like_receipt(place.name):
        raise SFTPPermissionDenied("Names with .receipt are those of receipts, which are made here.")
    if not _is_plain(place.name):
        raise SFTPInvalidFilename("A file name here has no slash, no leading dot and no control character.")


def is_listed(name: str) -> bool:
    """Whether a file of that name is shown."""
    return _is_plain(name)


@lru_cache(_REMEMBERED)
def _is_plain(name: str) -> bool:
    try:
        return one_component(name) == name
    except AnswerRefused:
        return False


def _text(path: bytes) -> str:
    if len(path) > _LONGEST or b"\0" in path:
        raise SFTPNoSuchFile("There is no such file.")
    try:
        return path.decode()
    except UnicodeDecodeError:
        raise SFTPInvalidFilename("File names are UTF-8 here.") from None
