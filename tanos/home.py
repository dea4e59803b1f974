"""The life of a home that is being made: claimed, filled, finished by one rename; or found half made.

Invariant: a new home gets its `appliance.toml` last, so that what carries that name is whole. A home that holds
anything but our own unfinished work is never touched.
"""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from tanos.appliance import DIRECTORIES, lay_out
from tanos.errors import AnswerRefused, NotYet
from tanos.files import disk_trouble, make_directory, sync_directory
from tanos.inert import inert
from tanos.inside import DESCRIPTION
from tanos.message import N_, Message
from tanos.platform import Identity

UNFINISHED = DESCRIPTION + ".unfinished"
MOST_NAMED = 3
"""Names of what stands in the way that are told."""
_OURS = {name.partition("/")[0] for name in DIRECTORIES}


@contextlib.contextmanager
def begin_home(home: Path, identity: Identity) -> Iterator[bool]:
    """Lay out `home`; when the block ends well it is an appliance, else it is as it was before, without half a one.

    Yields whether an earlier making had died here. Raises AnswerRefused `home-exists`, NotYet `busy`, Damaged
    `disk-failed`.
    """
    existed = home.exists()
    try:
        make_directory(home)
        with _claimed(home):
            half_made = _check_free(home)
            try:
                _empty(home)
                lay_out(home, identity, UNFINISHED)
                yield half_made
                (home / UNFINISHED).rename(home / DESCRIPTION)
                sync_directory(home)
            except BaseException:
                _clear_away(home, existed)
                raise
    except OSError as error:
        raise disk_trouble(error, str(home)) from error


@contextlib.contextmanager
def _claimed(home: Path) -> Iterator[None]:
    """Hold the home alone; a lock of the kernel, so that it ends with this process."""
    try:
        directory = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except NotADirectoryError:
        raise _taken(N_("{home} is no directory.", home=inert(str(home)))) from None
    try:
        fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise NotYet(
            "busy",
            N_("Another process is making the appliance {home}.", home=inert(str(home))),
            N_("Wait until it has ended, then look whether it succeeded."),
        ) from None
    finally:
        os.close(directory)


def _check_free(home: Path) -> bool:
    """Return whether a half-made appliance lies here; refuse everything else but nothing."""
    names = {path.name for path in home.iterdir() if not _is_scrap(path.name)}
    if DESCRIPTION in names:
        raise _is_made(home)
    if not names:
        return False
    foreign = {name for name in names if name not in _OURS and not name.startswith("appliance.db")} - {UNFINISHED}
    if UNFINISHED not in names or foreign:
        shown = ", ".join(sorted(names)[:MOST_NAMED]) + (" …" if len(names) > MOST_NAMED else "")
        raise _taken(N_("{home} is not empty ({names}).", home=inert(str(home)), names=inert(shown)))
    return True


def _is_made(home: Path) -> AnswerRefused:
    return AnswerRefused(
        "home-exists",
        N_("{home} is an appliance already; it is as it was.", home=inert(str(home))),
        N_(
            "Serve it (`tanos serve {home}`), or choose another directory; to begin anew, stop it and move it away.",
            home=inert(str(home)),
        ),
    )


def _taken(message: Message) -> AnswerRefused:
    remedy = N_("Choose a directory that is missing or empty; on a disk of its own, one below its root.")
    return AnswerRefused("home-exists", message, remedy)


def _is_scrap(name: str) -> bool:
    """A temporary name of `write_whole` at the home's first file."""
    return name.startswith(f".{DESCRIPTION}.") and name.endswith(".new")


def _empty(home: Path) -> None:
    """Remove our unfinished work, its mark last, so that dying here leaves it recognisable."""
    for path in sorted(home.iterdir(), key=lambda path: path.name == UNFINISHED):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    sync_directory(home)


def _clear_away(home: Path, existed: bool) -> None:
    """Leave no trace, as far as the disk allows; what stays is recognised by the next making."""
    with contextlib.suppress(OSError):
        _empty(home)
        if not existed:
            home.rmdir()
