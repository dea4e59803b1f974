"""Which of the versions of a pair is live: the link `current`, and what an interrupted change of it is undone by.

Invariant: the link is changed by a rename alone, which is fsynced. All of it works beneath an open directory that its
caller has locked.
"""

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager

from tanos.certificates.pair_files import (
    INSTALLED,
    MANIFEST,
    has_file,
    mark_installed,
    names_in,
    read_version,
    remove_version,
    version_name,
    version_number,
)
from tanos.certificates.pair_kinds import CURRENT, PairKind
from tanos.errors import Damaged
from tanos.message import N_, Message

_NEW_LINK = ".new"


@contextmanager
def undone_on_failure(kind: PairKind, store: int, number: int | None, live: int | None) -> Iterator[None]:
    """Put the link back and remove the new version where a step fails, so that the earlier pair stays live."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            point_back(store, live)
            if number is not None and live_version(store) != number:
                remove_version(kind, store, number)
        raise


def point_back(store: int, live: int | None) -> None:
    """Have that version be the live one, if it is not; None: have none. Raises OSError."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(_NEW_LINK, dir_fd=store)
    if live_version(store) == live:
        return
    if live is None:
        os.unlink(CURRENT, dir_fd=store)
    else:
        os.symlink(version_name(live), _NEW_LINK, dir_fd=store)
        os.rename(_NEW_LINK, CURRENT, src_dir_fd=store, dst_dir_fd=store)
    os.fsync(store)


def point_to(store: int, number: int) -> None:
    """Have a version be the live one, durably. Raises OSError."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(_NEW_LINK, dir_fd=store)
    os.symlink(version_name(number), _NEW_LINK, dir_fd=store)
    os.rename(_NEW_LINK, CURRENT, src_dir_fd=store, dst_dir_fd=store)
    os.fsync(store)


def live_version(store: int) -> int | None:
    """Return the number of the version that is live; None where none is. Raises OSError."""
    try:
        return version_number(os.readlink(CURRENT, dir_fd=store))
    except FileNotFoundError:
        return None


def version_numbers(store: int) -> list[int]:
    """Return the numbers of all that lie there, in no order."""
    return [number for name in names_in(store) if (number := version_number(name)) is not None]


def newest_first(store: int) -> list[int]:
    """Return the same, the newest first."""
    return sorted(version_numbers(store), reverse=True)


def _fits(kind: PairKind, store: int, number: int) -> bool:
    try:
        read_version(kind, store, number)
    except Damaged:
        return False
    return True


def recovered(kind: PairKind, store: int) -> Iterator[Message]:
    """Remove what an interrupted install left behind; say what was found. Raises OSError."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(_NEW_LINK, dir_fd=store)
        yield N_("An install was interrupted before its pair became live; the earlier pair serves.")
    live = live_version(store)
    for number in sorted(version_numbers(store)):
        unfinished = not has_file(store, number, MANIFEST) or not has_file(store, number, INSTALLED)
        if number > (live or 0) and unfinished:
            remove_version(kind, store, number)
            yield N_("Version {number} of a pair was not finished and is removed; it was never live.", number=number)
    if live is not None:
        with contextlib.suppress(OSError):
            mark_installed(store, live)
        if not _fits(kind, store, live):
            yield N_("The live pair, version {number}, is damaged: restore an earlier one.", number=live)
    os.fsync(store)
