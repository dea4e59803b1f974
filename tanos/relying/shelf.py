"""The files of one relying service: versions, of which one link names the one in use, and what was begun with them.

Invariants: `current` is one link, renamed into place, so that all files change together and a reader that opens the
directory once never mixes two pairs. A version is fsynced before it is pointed at. What is begun is written down
before the first file is, and forgotten after the last, so that whoever finds it knows what to finish or to put back.
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from tanos.certificates.pair_files import names_in, open_directory, version_name, version_number
from tanos.certificates.pair_kinds import CURRENT
from tanos.files import write_whole_in
from tanos.relying.guarded import open_guarded
from tanos.relying.record import Relying
from tanos.relying.stopped import Stopped

KEPT = 3
_MANIFEST, _BEGUN, _NEW_LINK, _LARGEST = "manifest.json", "begun.json", ".new", 1 << 16
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True)
class Begun:
    """A change of versions that has no end yet."""

    to: int
    back_to: int | None
    """The version that was in use; None: there was none."""
    is_new: bool
    """`to` was made for this, and goes with it."""
    goes_back: bool = False


class Shelf:
    """The open, locked directory of one relying service."""

    def __init__(self, relying: Relying, directory: int) -> None:
        self.relying = relying
        self._directory = directory

    @property
    def present(self) -> int | None:
        """The version in use."""
        try:
            return version_number(os.readlink(CURRENT, dir_fd=self._directory))
        except OSError:
            return None

    @property
    def numbers(self) -> list[int]:
        """All versions, the newest first."""
        found = (version_number(name) for name in names_in(self._directory))
        return sorted((number for number in found if number is not None), reverse=True)

    def place(self, number: int) -> str:
        """Return the path of a version."""
        return str(self.relying.directory / version_name(number))

    def told(self, number: int) -> dict[str, Any]:
        """Return what was said of a version when it was written; nothing where that cannot be read."""
        with contextlib.suppress(OSError, ValueError):
            found = json.loads(self._read(f"{version_name(number)}/{_MANIFEST}"))
            return found if isinstance(found, dict) else {}
        return {}

    def write(self, number: int, files: Mapping[str, bytes], told: Mapping[str, Any]) -> None:
        """Make a version, durably, with its owner and modes. Raises OSError, Stopped `file-wrong`."""
        uid, gid, name = self.relying.uid, self.relying.gid, version_name(number)
        os.mkdir(name, 0o700, dir_fd=self._directory)
        version = open_directory(name, self._directory)
        try:
            for file, data in files.items():
                _write(version, file, data, uid, gid, self.relying.file_mode(file))
            _write(version, _MANIFEST, json.dumps(told).encode(), os.geteuid(), os.getegid(), 0o644)
            os.fchmod(version, 0o755)
            os.fsync(version)
        finally:
            os.close(version)
        os.fsync(self._directory)

    def point(self, number: int | None) -> None:
        """Have `current` name another version, or with None nothing. Raises OSError."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(_NEW_LINK if number else CURRENT, dir_fd=self._directory)
        if number:
            os.symlink(version_name(number), _NEW_LINK, dir_fd=self._directory)
            os.rename(_NEW_LINK, CURRENT, src_dir_fd=self._directory, dst_dir_fd=self._directory)
        os.fsync(self._directory)

    def remove(self, number: int) -> None:
        """Remove a version, as far as it is there."""
        with contextlib.suppress(FileNotFoundError):
            version = open_directory(version_name(number), self._directory)
            try:
                for file in names_in(version):
                    os.unlink(file, dir_fd=version)
            finally:
                os.close(version)
            os.rmdir(version_name(number), dir_fd=self._directory)
            os.fsync(self._directory)

    def tidy(self) -> None:
        """Keep the newest versions, and the one in use; a failure undoes nothing."""
        with contextlib.suppress(OSError):
            for number in self.numbers[KEPT:]:
                if number != self.present:
                    self.remove(number)

    def begin(self, begun: Begun) -> None:
        """Write down what is begun. Raises OSError."""
        write_whole_in(self._directory, _BEGUN, json.dumps(asdict(begun)).encode())

    @property
    def begun(self) -> Begun | None:
        """What was begun and has no end."""
        try:
            return Begun(**json.loads(self._read(_BEGUN)))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise Stopped("unsafe", path=str(self.relying.directory / _BEGUN), reason="kind") from error

    def end(self) -> None:
        """Forget what was begun: it has an end. Raises OSError."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(_BEGUN, dir_fd=self._directory)
        os.fsync(self._directory)

    def _read(self, name: str) -> bytes:
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self._directory)
        with os.fdopen(file, "rb") as opened:
            return opened.read(_LARGEST)


@contextmanager
def shelf_of(relying: Relying) -> Iterator[Shelf]:
    """Open the shelf of a relying service, alone. Raises Stopped `file-missing`, `unsafe`, `busy`."""
    directory = open_guarded(relying.directory)
    try:
        try:
            fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Stopped("busy", name=relying.name) from None
        yield Shelf(relying, directory)
    finally:
        os.close(directory)


@contextmanager
def looked_at(relying: Relying) -> Iterator[Shelf]:
    """Open it to look only, also while another changes it. Raises Stopped `file-missing`, `unsafe`."""
    directory = open_guarded(relying.directory)
    try:
        yield Shelf(relying, directory)
    finally:
        os.close(directory)


def _write(directory: int, name: str, data: bytes, uid: int, gid: int, mode: int) -> None:
    file = os.open(name, _NEW_FILE, 0o600, dir_fd=directory)
    with os.fdopen(file, "wb") as opened:
        opened.write(data)
        opened.flush()
        if (uid, gid) != (os.geteuid(), os.getegid()):
            os.fchown(file, uid, gid)
        os.fchmod(file, mode)
        os.fsync(file)
