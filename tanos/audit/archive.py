"""Old audit records are put away: written beside the database, read again, and only then cut.

Invariants: nothing but this cuts the audit, and the database lets it cut no record that does not stand in an archive
it has been told of, in the same transaction as the record of the deed. What is told of is on the disk, and was read
from there again, line by line, as it still stood in the database. The newest record is never cut, so that no number
is given twice; nor is one on which something waits that had begun.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.audit.records import CHAIN, FIELDS, Record, chained, lines
from tanos.errors import Damaged, NotYet
from tanos.files import disk_trouble, write_whole
from tanos.message import N_
from tanos.moments import moment_text
from tanos.policy.table import AUDIT_DAYS

MOST_OF_A_FILE = 20_000
"""Records."""


@dataclass(frozen=True)
class Archive:
    """One file of records that were put away."""

    first: int
    last: int
    file: str
    sha256: str
    chain: str


def old(appliance: Appliance) -> range:
    """Return the numbers of the records that are old enough to be put away; none where they are kept for ever."""
    days = AUDIT_DAYS.read(appliance)
    now = appliance.clock()
    limit = moment_text(now - timedelta(days=days))
    row = appliance.store.row(
        "SELECT (SELECT min(id) FROM audit) AS first, min("
        " coalesce((SELECT min(id) FROM audit WHERE time >= ? AND time <= ?), 1 << 62),"
        " coalesce((SELECT min(audit) FROM begun), 1 << 62), (SELECT max(id) FROM audit)) AS until",
        limit,
        appliance.store.now(),
    )
    if not days or row is None or row["first"] is None:
        return range(0)
    return range(row["first"], row["until"])


def put_away(call: Call) -> Iterator[Archive]:
    """Put away what is old now, a file at a time. Raises Damaged `disk-failed`, NotYet `stale`."""
    numbers = old(call.appliance)
    for start in range(0, len(numbers), MOST_OF_A_FILE):
        yield _put_away(call, numbers[start : start + MOST_OF_A_FILE])


def _put_away(call: Call, numbers: range) -> Archive:
    appliance = call.appliance
    first, last = numbers[0], numbers[-1]
    path = appliance.home / "backups" / f"audit-{first:09}-{last:09}.jsonl"
    before = _chain(appliance)
    data, chain = lines(_records(appliance, first, last), before)
    try:
        write_whole(path, data)
        count = _verified(appliance, path, before, first, last)
    except OSError as error:
        raise disk_trouble(error, f"backups/{path.name}") from error
    archive = Archive(first, last, path.name, hashlib.sha256(data).hexdigest(), chain)
    with call.appliance.store.change(call, about=f"backups/{path.name}") as change:
        if _chain(appliance) != before:
            raise _stale()
        change.execute(
            "INSERT INTO audit_archives (first, last, file, sha256, chain, archived_at) VALUES (?, ?, ?, ?, ?, ?)",
            first,
            last,
            archive.file,
            archive.sha256,
            chain,
            change.now,
        )
        if change.execute("DELETE FROM audit WHERE id BETWEEN ? AND ?", first, last).rowcount != count:
            raise _stale()
        change.before, change.after = f"A-{first} to A-{last}", f"sha256 {archive.sha256}"
    return archive


def _records(appliance: Appliance, first: int, last: int) -> list[Record]:
    sql = f"SELECT {FIELDS} FROM audit WHERE id BETWEEN ? AND ? ORDER BY id"  # noqa: S608 - our own names
    return [dict(row) for row in appliance.store.rows(sql, first, last)]


def _chain(appliance: Appliance) -> str:
    """Return the hash of the last record that was put away; empty where none was."""
    row = appliance.store.row("SELECT chain FROM audit_archives ORDER BY last DESC LIMIT 1")
    return row["chain"] if row else ""


def _verified(appliance: Appliance, path: Path, chain: str, first: int, last: int) -> int:
    """Return how many records lie there. Raises Damaged `disk-failed` unless they are those of the database."""
    records = _records(appliance, first, last)
    read = path.read_bytes().splitlines()
    if len(read) != len(records):
        raise _not_as_written(path)
    for line, each in zip(read, records, strict=True):
        chain = chained(each, chain)
        try:
            there = json.loads(line)
        except ValueError:
            raise _not_as_written(path) from None
        if there != {**each, CHAIN: chain}:
            raise _not_as_written(path)
    return len(read)


def _not_as_written(path: Path) -> Damaged:
    return Damaged(
        "disk-failed",
        N_("backups/{file} does not read as it was written; no record was cut.", file=path.name),
        N_("Have the disk examined."),
    )


def _stale() -> NotYet:
    return NotYet(
        "stale", N_("Another session puts records away at this moment."), N_("Look at what is left and try again.")
    )
