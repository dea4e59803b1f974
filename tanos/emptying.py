"""`/incoming` is emptied each day, and old files of `/outgoing` go then: when, what stays, and what was done.

Invariants: what an open exchange stands on stays, recognised by the key in it and not by its name; so does what
arrived after the hour that is made up for, and whatever is still being sent. A run is recorded with the names of what
went, in the transaction that removes it. An hour is kept once: at it, or when the appliance runs again.
"""

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from tanos.actor import Call, system_call
from tanos.appliance import Appliance
from tanos.dropbox import IncomingFile, plain_files
from tanos.exchange.ledger import open_exchanges
from tanos.message import N_, Message
from tanos.policy.policy import Policy
from tanos.policy.table import INCOMING_EMPTIED, INCOMING_HOUR, OUTGOING_DAYS
from tanos.receipts.receipt import is_receipt, receipt_of

VERB = "drop-box empty"
ANNOUNCED = timedelta(hours=1)
_DAY = timedelta(days=1)
_INCOMING = "incoming"
_LARGEST = 64 * 1024
_MOST_REMEMBERED = 4096
_MOST_NAMED = 200
"""Names in one audit record; more are counted."""


@dataclass(frozen=True)
class Removed:
    """Names of what went."""

    incoming: tuple[str, ...] = ()
    outgoing: tuple[str, ...] = ()


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
    hour = _latest_hour(appliance)
    kept = _kept(appliance)
    if kept is not None and kept >= hour:
        return []
    is_due = kept is not None and INCOMING_EMPTIED.read(appliance) and hour > _decided(appliance)
    with appliance.store.change(system_call(appliance, VERB), about="/incoming") as change:
        change.execute(
            "INSERT INTO emptyings (place, kept) VALUES (?, ?)"
            " ON CONFLICT (place) DO UPDATE SET kept = excluded.kept",
            _INCOMING,
            _written(hour),
        )
        removed = remove(appliance, lambda: to_remove(appliance, hour)) if is_due else Removed()
        change.before, change.quiet = _named(removed), removed == Removed()
    return _told(removed)


def empty_now(call: Call) -> Removed:
    """Empty at once, because an operator says so. Raises TanosError, OSError."""
    appliance = call.appliance
    with appliance.store.change(call, about="/incoming") as change:
        removed = remove(appliance, lambda: Removed(to_remove(appliance, appliance.clock()).incoming))
        change.before, change.quiet = _named(removed), removed == Removed()
    return removed


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


def remove(appliance: Appliance, choose: Callable[[], Removed]) -> Removed:
    """Remove what is chosen, while nothing gets a name; return which went."""
    with _alone(appliance.incoming), _alone(appliance.outgoing):
        chosen = choose()
        return Removed(
            _removed(appliance.incoming, chosen.incoming),
            _removed(appliance.outgoing, chosen.outgoing),
        )


def _removed(directory: Path, names: tuple[str, ...]) -> tuple[str, ...]:
    gone = []
    for name in names:
        with contextlib.suppress(OSError):
            (directory / name).unlink()
            gone.append(name)
    return tuple(gone)


@contextlib.contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Keep connections from giving names meanwhile: they hold the same lock when they do."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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


def _decided(appliance: Appliance) -> datetime:
    """Return when it was last decided whether and when: an hour before that was not announced."""
    rows: tuple[Policy, ...] = (INCOMING_EMPTIED, INCOMING_HOUR)
    row = appliance.store.row(
        "SELECT MAX(changed_at) AS at FROM policies WHERE name IN (?, ?)", *(each.name for each in rows)
    )
    return datetime.fromisoformat(row["at"]) if row and row["at"] else datetime.min.replace(tzinfo=UTC)


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _named(removed: Removed) -> str:
    names = [f"/incoming/{name}" for name in removed.incoming] + [f"/outgoing/{name}" for name in removed.outgoing]
    more = [f"and {len(names) - _MOST_NAMED} more"] if len(names) > _MOST_NAMED else []
    return ", ".join(names[:_MOST_NAMED] + more)


def _told(removed: Removed) -> list[Message]:
    count = len(removed.incoming) + len(removed.outgoing)
    if not count:
        return []
    return [N_("The drop box was emptied: {count} file.", "The drop box was emptied: {count} files.", count=count)]
