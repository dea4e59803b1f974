"""The log of one service: what its process prints, appended; one older part is kept beside it.

Invariant: both parts together stay below three times LIMIT, also while one process writes for years: what it appends
to is shortened under it, never replaced.
"""

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tanos.files import PRIVATE

LIMIT = 1 << 20
"""Bytes."""


class Log:
    """One file, and the older one beside it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def opened(self) -> Iterator[int]:
        """Yield a descriptor to append to. Raises OSError."""
        self.shorten()
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE)
        try:
            yield file
        finally:
            os.close(file)

    def shorten(self) -> None:
        """Where it has grown beyond LIMIT, keep its end beside it and begin anew."""
        with contextlib.suppress(OSError):
            size = self._path.stat().st_size
            if size <= LIMIT:
                return
            with self._path.open("rb+") as file:
                file.seek(max(0, size - LIMIT))
                older = self._path.with_suffix(".log.1")
                older.touch(PRIVATE)
                older.write_bytes(file.read(LIMIT))
                file.truncate(0)
