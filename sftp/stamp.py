"""Whether the code on the disk is still the code that runs.

Invariant: what is compared is what an upgrade or an editor changes (names, times and sizes of our modules and
catalogues, and when something was last installed beside them), never what running itself writes.
"""

import contextlib
import os
import sysconfig
from collections.abc import Iterator
from pathlib import Path

Stamp = frozenset[tuple[str, int, int]]
PACKAGES = ("tanos", "sftp", "menus")
_KINDS = (".py", ".mo", ".tcss")


def code_stamp(root: Path = Path(__file__).parents[1]) -> Stamp:
    """Return what marks the code beneath `root` and the libraries; takes a few milliseconds."""
    found = {each for package in PACKAGES for each in _files(str(root / package))}
    with contextlib.suppress(OSError):
        found.add(("", Path(sysconfig.get_path("purelib")).stat().st_mtime_ns, 0))
    return frozenset(found)


def _files(directory: str) -> Iterator[tuple[str, int, int]]:
    """Yield the files of a directory and of those in it; what vanishes meanwhile is not there."""
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                if entry.name.endswith(_KINDS):
                    status = entry.stat()
                    yield entry.path, status.st_mtime_ns, status.st_size
                elif "." not in entry.name and entry.name != "__pycache__" and entry.is_dir():
                    yield from _files(entry.path)
    except OSError:
        return
