"""Where KeyUtility writes: what lies there is never lost unless that was told, and a key never to anything else.

Invariants: all files of a job are on the disk before the first has its name. A request or certificate never lies
beside a key that is not its own, whatever dies in between: of files that are replaced the key comes last to go and
first to come. The home of an appliance is not touched: there the keeper writes, and every deed is recorded.
"""

import contextlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tanos.errors import AnswerRefused
from tanos.files import PRIVATE, disk_trouble, prepared, read_given
from tanos.inert import inert
from tanos.inside import lies_in_home
from tanos.message import N_, Message
from tanos.pasting.exposed import labelled_private_key
from tanos.pasting.first_bytes import is_private_key
from tanos.pasting.text import PASTE_LIMIT

READABLE = 0o644
"""Of what holds no secret."""


def nothing(_: bytes) -> bool:
    """Say of no file that it may be replaced unasked."""
    return False


@dataclass(frozen=True)
class Place:
    """A file that is to be written; `may_replace` says by what lies there whether it may go without being told."""

    path: Path
    is_key: bool = False
    may_replace: Callable[[bytes], bool] = nothing


def check_places(places: Sequence[Place], *, read: Sequence[Path] = (), overwrite: bool) -> frozenset[Path]:
    """Return the paths at which something lies that will be replaced; `read` are the files that a job reads.

    Raises AnswerRefused `bad-output`, `file-exists`, `belongs-to-appliance`.
    """
    taken = {_whole(path) for path in read}
    for place in places:
        whole = _whole(place.path)
        if not place.path.parent.is_dir() or place.path.is_dir() or not place.path.name:
            raise bad_output(place.path, N_("it is a directory, or lies in none that is there"))
        if os.path.lexists(place.path) and (place.path.is_symlink() or not place.path.is_file()):
            raise bad_output(place.path, N_("it is a link, or no plain file"))
        if whole in taken:
            raise bad_output(place.path, N_("it is named twice"))
        refuse_home(place.path)
        taken.add(whole)
    return frozenset(place.path for place in places if _is_taken(place, overwrite=overwrite))


def refuse_home(path: Path) -> None:
    """Raise AnswerRefused `belongs-to-appliance` for what lies in the home of an appliance."""
    if lies_in_home(path):
        raise AnswerRefused(
            "belongs-to-appliance",
            N_("{directory} lies in the home of an appliance.", directory=inert(str(path))),
            N_("There the appliance makes keys and certificates, and records it: sign in to it."),
        )


def write_all(files: Sequence[tuple[Place, bytes]], replaced: frozenset[Path]) -> None:
    """Write files, a key first; all or none. Raises AnswerRefused `file-exists`, Damaged `disk-failed`."""
    named: list[Path] = []
    current = files[0][0].path
    try:
        with contextlib.ExitStack() as stack:
            ready = []
            for place, data in files:
                current = place.path
                mode = PRIVATE if place.is_key else READABLE
                appear = prepared(place.path, data, mode, anew=place.path not in replaced)
                ready.append((place, stack.enter_context(appear)))
            for place, _ in ready:
                if len(ready) > 1 and place.path in replaced and not place.is_key:
                    place.path.unlink(missing_ok=True)
            for place, appear_now in ready:
                current = place.path
                appear_now()
                named.append(place.path)
    except OSError as error:
        for path in named:
            if path not in replaced:
                path.unlink(missing_ok=True)
        if isinstance(error, FileExistsError):
            raise _exists(current) from error
        raise disk_trouble(error, str(current)) from error


def _is_taken(place: Place, *, overwrite: bool) -> bool:
    if not os.path.lexists(place.path):
        return False
    there = read_given(place.path, PASTE_LIMIT)
    if not place.is_key and (labelled_private_key(there) or is_private_key(there)):
        raise AnswerRefused(
            "file-exists",
            N_("{name} holds a private key, in whose place nothing else is put.", name=inert(str(place.path))),
            N_("Name another file."),
        )
    if not overwrite and not place.may_replace(there):
        raise _exists(place.path)
    return True


def _whole(path: Path) -> Path:
    return path.parent.resolve() / path.name


def _exists(path: Path) -> AnswerRefused:
    return AnswerRefused(
        "file-exists",
        N_("{name} is there already.", name=inert(str(path))),
        N_("Name another file, or add --overwrite to lose what it holds."),
    )


def bad_output(path: Path, why: Message) -> AnswerRefused:
    """Return the refusal of a path as one to write to."""
    return AnswerRefused(
        "bad-output",
        N_("Nothing can be written to {name}: {why}.", name=inert(str(path)), why=why),
        N_("Name a file in a directory that is there."),
    )
