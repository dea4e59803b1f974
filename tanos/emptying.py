"""`/incoming` is emptied each day, and old files of `/outgoing` go then: when, what stays, and what was done.

Invariants: what an open exchange stands on stays, recognised by the key in it and not by its name; so does what
arrived after the hour that is made up for, and whatever is still being sent. A run is recorded with the names of what
goes before it goes. An hour is kept once: at it, or when the appliance runs again; one that a clock kept which was
ahead counts as never kept.
"""

import os
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from tanos.actor import Call, system_call
from tanos.appliance import Appliance
from tanos.dropbox import IncomingFile, plain_files
from tanos.emptying_step import Removed, remove
from tanos.exchange.ledger import open_exchanges
from tanos.https_pairs.backup import expire_backup
from tanos.message import N_, Message
from tanos.moments import moment_text
from tanos.policy.policy import Policy
from tanos.policy.table import INCOMING_EMPTIED, INCOMING_HOUR, OUTGOING_DAYS
from tanos.receipt import is_receipt, receipt_of
from tanos.store.store import Change

VERB = "drop-box empty"
ANNOUNCED = timedelta(hours=1)
_DAY = timedelta(days=1)
_INCOMING = "incoming"
_LARGEST = 64 * 1024
_MOST_REMEMBERED = 4096
PATIENCE = 3.0
"""Seconds that an operator waits for who gives names in the drop box."""
AT_HOUR = 0.1
"""Seconds of the same at the hour: it is looked at again and again, and others have records to write meanwhile."""


def next_emptying(appliance: Appliance) -> datetime | None:
    """Return when `/incoming` is emptied next; None where it is not."""
    if not INCOMING_EMPTIED.read(appliance):
        return None
    return _latest_hour(appliance) + _DAY


def announced(appliance: Appliance) -> tuple[datetime, int] | None:
    """Return when `/incoming` is emptied and how many files go, within the hour before; None where none does."""
    when = next_emptying(appliance)
    if when is None or when - appliance.clock() > ANNOUNCED:
        return None
    count = len(to_remove(appliance, when).incoming)
    return (when, count) if count else None


def empty_when_due(appliance: Appliance) -> list[Message]:
    """Empty where an hour passed that was not kept; return what was done. Raises TanosError, OSError."""
    expire_backup(appliance)
    hour, now = _latest_hour(appliance), appliance.clock()
    kept = _kept(appliance)
    if kept == hour:
        return []
    call = system_call(appliance, VERB)
    if kept is None or kept > hour or not INCOMING_EMPTIED.read(appliance) or hour <= _decided(appliance, now):
        with appliance.store.change(call) as change:
            change.quiet = True
            _keep(change, hour)
        return []
    return _told(remove(call, lambda: to_remove(appliance, hour), AT_HOUR, lambda change: _keep(change, hour)))


def empty_now(call: Call) -> Removed:
    """Empty at once, because an operator says so. Raises TanosError, OSError."""
    appliance = call.appliance
    return remove(call, lambda: Removed(to_remove(appliance, appliance.clock()).incoming), PATIENCE)


def to_remove(appliance: Appliance, until: datetime) -> Removed:
    """Return what goes: of `/incoming` what arrived until then, of `/outgoing` what is too old; but what stays."""
    codes = {exchange.check_code for exchange in open_exchanges(appliance)}
    arrived = [file for file in _files(appliance.incoming) if file.arrived <= until]
    stays = {file.name for file in arrived if not is_receipt(file.name) and _stands(appliance.incoming, file, codes)}
    stays |= {receipt_of(name) for name in stays}
    days = OUTGOING_DAYS.read(appliance)
    old = [file for file in _files(appliance.outgoing) if days and file.arrived <= until - days * _DAY]
    return Removed(
        tuple(file.name for file in arrived if file.name not in stays),
        tuple(file.name for file in old if not _stands(appliance.outgoing, file, codes)),
    )


def _files(directory: Path) -> list[IncomingFile]:
    """Return the files of a directory, the first to arrive first."""
    return sorted(plain_files(directory, receipts=True), key=lambda file: (file.arrived, file.name))


def _stands(directory: Path, file: IncomingFile, codes: set[str]) -> bool:
    """Say whether an open exchange stands on a file: the key of one is in it."""
    if not codes or file.size > _LARGEST:
        return False
    return _code_in(directory / file.name, file.arrived, file.size) in codes


@lru_cache(_MOST_REMEMBERED)
def _code_in(path: Path, _arrived: datetime, _size: int) -> str:
    """Return the check code of the key in a file; looked at once for each state of it, since menus ask often."""
    from tanos.receipts.recognised import recognise

    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        return recognise(path.name, os.pread(descriptor, _LARGEST, 0)).check_code
    finally:
        os.close(descriptor)


def _latest_hour(appliance: Appliance) -> datetime:
    now = appliance.clock().astimezone(UTC)
    today = now.replace(hour=INCOMING_HOUR.read(appliance), minute=0, second=0, microsecond=0)
    return today if today <= now else today - _DAY


def _kept(appliance: Appliance) -> datetime | None:
    row = appliance.store.row("SELECT kept FROM emptyings WHERE place = ?", _INCOMING)
    return datetime.fromisoformat(row["kept"]) if row else None


def _decided(appliance: Appliance, now: datetime) -> datetime:
    """Return when it was last decided whether and when: an hour before that was not announced.

    What a clock decided that was ahead of its time is in nobody's way.
    """
    rows: tuple[Policy, ...] = (INCOMING_EMPTIED, INCOMING_HOUR)
    row = appliance.store.row(
        "SELECT MAX(changed_at) AS at FROM policies WHERE name IN (?, ?)", *(each.name for each in rows)
    )
    never = datetime.min.replace(tzinfo=UTC)
    decided = datetime.fromisoformat(row["at"]) if row and row["at"] else never
    return decided if decided <= now else never


def _keep(change: Change, hour: datetime) -> None:
    change.execute(
        "INSERT INTO emptyings (place, kept) VALUES (?, ?) ON CONFLICT (place) DO UPDATE SET kept = excluded.kept",
        _INCOMING,
        moment_text(hour),
    )


def _told(removed: Removed) -> list[Message]:
    count = len(removed.incoming) + len(removed.outgoing)
    if not count:
        return []
    return [N_("The drop box was emptied: {count} file.", "The drop box was emptied: {count} files.", count=count)]
