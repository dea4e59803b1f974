"""What a backup holds is put in place: root keys and database, both or neither, whatever dies meanwhile.

Invariants: all of it lies whole in one directory of the home before that gets its name by one rename; from then on
the appliance is the restored one, and is opened by nobody until every file is where it belongs. Who begins again
after a crash goes on where it stopped. What was there before is overwritten, private keys among it.
"""

import shutil
from pathlib import Path

from tanos.appliance import RESTORING, Appliance
from tanos.certificates.root_names import COPIES, IN_ROOT, NEXT
from tanos.files import disk_trouble, make_directory, sync_directory, wipe, write_whole

_BEING_MADE = RESTORING + ".new"
_DATABASE = "appliance.db"
_LOGS = ("appliance.db-wal", "appliance.db-shm")


def begin_restoring(appliance: Appliance) -> Path:
    """Return the empty directory in which all of it is made. Raises Damaged `disk-failed`."""
    place = appliance.home / _BEING_MADE
    try:
        if place.exists():
            shutil.rmtree(place)
        make_directory(place)
    except OSError as error:
        raise disk_trouble(error, RESTORING) from error
    return place


def commit_restoring(appliance: Appliance, place: Path, database: bytes) -> None:
    """Have what lies in `place`, and that database, be what the appliance is. Raises Damaged `disk-failed`."""
    try:
        write_whole(place / _DATABASE, database)
        place.rename(appliance.home / RESTORING)
        sync_directory(appliance.home)
    except OSError as error:
        raise disk_trouble(error, RESTORING) from error


def drop_restoring(place: Path) -> None:
    """Remove what was made in `place` and not committed."""
    shutil.rmtree(place, ignore_errors=True)


def finish_restoring(appliance: Appliance) -> bool:
    """Put in place what was committed; say whether anything was. Raises Damaged `disk-failed`.

    Call it where nobody else serves the appliance, before its database is opened.
    """
    place = appliance.home / RESTORING
    try:
        drop_restoring(appliance.home / _BEING_MADE)
        if not place.exists():
            return False
        _put_database(appliance, place)
        _put_roots(appliance, place / "root")
        shutil.rmtree(place)
        sync_directory(appliance.home)
    except OSError as error:
        raise disk_trouble(error, RESTORING) from error
    return True


def _put_database(appliance: Appliance, place: Path) -> None:
    """Remove what the former database still wanted to write before the other one has its name."""
    if not (place / _DATABASE).exists():
        return
    for name in _LOGS:
        (appliance.home / name).unlink(missing_ok=True)
    sync_directory(appliance.home)
    (place / _DATABASE).rename(appliance.home / _DATABASE)
    sync_directory(appliance.home)


def _put_roots(appliance: Appliance, place: Path) -> None:
    if not place.exists():
        return
    for left in appliance.root.iterdir():
        if left.is_file() and left.name.endswith(NEXT):
            wipe(left)
    for name in IN_ROOT:
        _put(place / name, appliance.root / name)
    copies, kept = place / COPIES, appliance.root / COPIES
    if copies.exists():
        make_directory(kept)
        for former in kept.iterdir():
            wipe(former)
        for each in copies.iterdir():
            _put(each, kept / each.name)


def _put(source: Path, target: Path) -> None:
    if not source.exists():
        return
    if target.exists():
        wipe(target)
    source.rename(target)
    sync_directory(target.parent)
