"""Until when nothing is due, so that a main menu need not ask for every certificate to say nothing.

Invariant: what is noted holds for the very files that were looked at, by the links to the pairs in use and by the
root's file, and until the first of them is due; any other answer is found by looking. Nobody is asked for it.
"""

import contextlib
import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from cryptography import x509

from tanos.appliance import Appliance
from tanos.certificates.dates import due_from
from tanos.certificates.pair_kinds import KINDS
from tanos.exchange.file_names import ROOT
from tanos.files import write_whole

FILE = "nothing-due.json"
_LONGEST = 4096
_FAR = timedelta(days=36500)


def nothing_is_due(appliance: Appliance) -> bool:
    """Say whether it is noted that nothing is due now; False where nobody knows."""
    try:
        with (appliance.run / FILE).open("rb") as file:
            told = json.loads(file.read(_LONGEST))
        return bool(told["looked_at"] == looked_at(appliance) and appliance.clock().timestamp() < told["until"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def note_nothing_due(appliance: Appliance, looked: list[list[int]], certificates: Sequence[x509.Certificate]) -> None:
    """Note that none of `certificates` is due now, all that are in use here; `looked_at` said `looked` before."""
    until = min((due_from(each) for each in certificates), default=appliance.clock() + _FAR)
    told = {"until": until.timestamp(), "looked_at": looked}
    with contextlib.suppress(OSError):
        write_whole(appliance.run / FILE, json.dumps(told).encode())


def looked_at(appliance: Appliance) -> list[list[int]]:
    """Return what tells the files in use from any others: links are replaced, never changed."""
    links = (kind.current(appliance.certificates) for kind in KINDS)
    return [_told(path) for path in (*links, appliance.root / ROOT)]


def _told(path: Path) -> list[int]:
    try:
        seen = path.lstat()
    except OSError:
        return []
    return [seen.st_ino, seen.st_mtime_ns, seen.st_ctime_ns]
