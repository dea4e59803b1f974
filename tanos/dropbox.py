"""`/incoming` and `/outgoing`: what others put here and what they may fetch.

Invariant: nothing in `/incoming` is trusted. Only plain files with a plain name are listed, no link is followed,
nothing larger than 64 kB is read, and an upload that is not complete (its name begins with a dot) does not exist;
nor does a receipt, which is for its sender.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tanos.appliance import Appliance
from tanos.errors import AnswerRefused
from tanos.files import disk_trouble, one_component, read_plain, write_whole
from tanos.inert import inert
from tanos.message import N_
from tanos.receipt import is_receipt

LARGEST = 64 * 1024
"""Bytes; a certificate chain of this length is no longer one."""

MOST_LISTED = 500
"""Files; the newest are listed."""


@dataclass(frozen=True)
class IncomingFile:
    """A complete plain file in a drop box."""

    name: str
    size: int
    """Bytes."""
    modified: datetime
    """UTC; no later than when it arrived, whatever its sender says."""
    arrived: datetime = field(default=datetime.max.replace(tzinfo=UTC), kw_only=True)
    """UTC; when it got its name."""


def incoming_files(appliance: Appliance, suffixes: Sequence[str] = ()) -> list[IncomingFile]:
    """Return what lies in `/incoming` with one of `suffixes` (any case; none: all), newest first."""
    found = sorted(plain_files(appliance.incoming, tuple(suffixes)), key=lambda file: file.name)
    return sorted(found, key=lambda file: file.modified, reverse=True)[:MOST_LISTED]


def read_incoming(appliance: Appliance, name: str, limit: int = LARGEST) -> bytes:
    """Read one file of `/incoming`, of at most `limit` bytes.

    Raises AnswerRefused `bad-name`, `missing-file`, `not-a-file` or `too-large`.
    """
    try:
        return read_plain(appliance.incoming / one_component(name), limit)
    except AnswerRefused as error:
        if error.id != "missing-file":
            raise
        where = f"/incoming/{inert(name)}"
        raise AnswerRefused(
            error.id, N_("There is no file {name}.", name=where), N_("Put it there and try again.")
        ) from None


def put_outgoing(appliance: Appliance, name: str, data: bytes) -> None:
    """Put a file into `/outgoing`, whole or not at all. Raises Damaged `disk-failed`."""
    try:
        write_whole(appliance.outgoing / one_component(name), data)
    except OSError as error:
        raise disk_trouble(error, f"/outgoing/{name}") from error


def remove_outgoing(appliance: Appliance, name: str) -> None:
    """Take a file out of `/outgoing`, if it is there."""
    (appliance.outgoing / one_component(name)).unlink(missing_ok=True)


def plain_files(directory: Path, suffixes: tuple[str, ...] = (), *, receipts: bool = False) -> Iterator[IncomingFile]:
    """Yield the complete plain files of a directory, in no order; receipts only where they are asked for."""
    try:
        entries = list(os.scandir(directory))
    except OSError:
        return
    for entry in entries:
        if suffixes and not entry.name.casefold().endswith(suffixes):
            continue
        if is_receipt(entry.name) and not receipts:
            continue
        file = _plain_file(entry)
        if file is not None:
            yield file


def _plain_file(entry: "os.DirEntry[str]") -> IncomingFile | None:
    try:
        one_component(entry.name)
        status = entry.stat(follow_symlinks=False)
    except (AnswerRefused, OSError):
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    modified = min(status.st_mtime, status.st_ctime)
    arrived = datetime.fromtimestamp(status.st_ctime, UTC)
    return IncomingFile(entry.name, status.st_size, datetime.fromtimestamp(modified, UTC), arrived=arrived)
