"""What a backup holds is put in place: root keys and database, both or neither, whatever dies meanwhile.

Invariants: all of it lies whole in one directory of the home before that gets its name by one rename; from then on
the appliance is the restored one, and is opened by nobody until every file is where it belongs. Who begins again
after a crash goes on where it stopped. What was there before is overwritten, private keys among it.
"""

import shutil
from contextlib import suppress
from pathlib import Path

from tanos.actor import system_call
from tanos.appliance import RESTORING, Appliance
from tanos.certificates.root_names import COPIES, IN_ROOT, NEXT
from tanos.errors import TanosError
from tanos.files import disk_trouble, make_directory, sync_directory, wipe, write_whole
from tanos.message import N_, Message

_BEING_MADE = RESTORING + ".new"
_DATABASE = "appliance.db"
_LOGS = ("appliance.db-wal", "appliance.db-shm")


def begin_restoring(appliance: Appliance) -> Path:
    """Return the empty directory in which all of it is made. Raises Damaged `disk-failed`."""
    place = appliance.home / _BEING_MADE
    try:
        if place.exists():
            _wipe_roots(place)
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
    """Remove what was made in `place` and not committed, private keys among it."""
    with suppress(OSError):
        _wipe_roots(place)
    shutil.rmtree(place, ignore_errors=True)


def end_restoring(appliance: Appliance) -> list[Message]:
    """Put in place what a crash left committed, and record that; return what was found.

    Call it where `finish_restoring` is. Raises Damaged `disk-failed`.
    """
    if not finish_restoring(appliance):
        return []
    found = [N_("The restoration of this appliance from a backup was interrupted, and is done now.")]
    try:
        record_restored(appliance, "ended at the start")
    except TanosError as error:
        found += [error.message, error.remedy]
    return found


def record_restored(appliance: Appliance, how: str) -> None:
    """Write into the restored database that it was restored. Raises Damaged `disk-failed`."""
    with appliance.store.change(system_call(appliance, "restore"), about=appliance.identity.name) as change:
        change.after = how


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


def _wipe_roots(place: Path) -> None:
    for path in (place / "root").rglob("*"):
        if path.is_file():
            wipe(path)


def _put(source: Path, target: Path) -> None:
    if not source.exists():
        return
    if target.exists():
        wipe(target)
    source.rename(target)
    sync_directory(target.parent)
