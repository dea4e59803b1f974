"""Copies of `pki.db`, the latest few, beside it: what is put back where the file itself is damaged.

Invariant: the newest is what was written last, or was about to be. No copy outlives a change after which something in
it should lie nowhere any more: a root that was revoked, or what lay open before it was sealed.
"""

import contextlib
import re
from collections.abc import Callable
from pathlib import Path

from tanos.files import make_directory, sweep, wipe, write_whole

MOST_COPIES = 10
_NAME = "pki.db-{number:06d}"
_NAMED = re.compile(r"pki\.db-(\d{6,9})\Z")


class PkiCopies:
    """The directory of copies."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def keep(self, data: bytes) -> None:
        """Keep one more, and of the earlier ones the latest. Raises OSError."""
        make_directory(self._directory)
        numbers = self._numbers()
        write_whole(self._path(numbers[-1] + 1 if numbers else 1), data)
        for number in self._numbers()[:-MOST_COPIES]:
            wipe(self._path(number))

    def only_latest(self) -> None:
        """Wipe all others. Raises OSError."""
        for number in self._numbers()[:-1]:
            wipe(self._path(number))

    def wipe_unless(self, may_stay: Callable[[bytes], bool]) -> None:
        """Wipe of those before the latest what may not stay. Raises OSError."""
        for number in self._numbers()[:-1]:
            if not may_stay(self._path(number).read_bytes()):
                wipe(self._path(number))

    def drop_latest(self) -> None:
        """Wipe that one. Raises OSError."""
        for number in self._numbers()[-1:]:
            wipe(self._path(number))

    def latest(self) -> bytes | None:
        """Return it, None where there is none. Raises OSError."""
        for number in self._numbers()[-1:]:
            return self._path(number).read_bytes()
        return None

    def recover(self) -> None:
        """Remove what a dead writer left."""
        sweep(self._directory)

    def _numbers(self) -> list[int]:
        with contextlib.suppress(OSError):
            found = (_NAMED.match(path.name) for path in self._directory.iterdir())
            return sorted(int(each[1]) for each in found if each)
        return []

    def _path(self, number: int) -> Path:
        return self._directory / _NAME.format(number=number)
