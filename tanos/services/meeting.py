"""A socket in a directory of a home, by a path that the system takes, however long the home's own is.

Rule (unix(7)): an address has 108 bytes with its end. Invariant: what is yielded names the very directory that was
opened, and only while the block lasts.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LONGEST = 107


@contextmanager
def address_of(path: Path) -> Iterator[str]:
    """Yield what to bind or connect to for `path`. Raises OSError."""
    if len(os.fsencode(path)) <= _LONGEST:
        yield str(path)
        return
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)
