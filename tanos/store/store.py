"""One SQLite database per appliance (WAL, synchronous=FULL, foreign keys), shared by several processes.

Invariant: every change is one transaction, begun IMMEDIATE, and its audit record stands in the same one. A process
that dies leaves the state before or after, never between. A connection never crosses a fork, nor a thread. On a disk
that takes no more, everything can still be read.
"""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tanos.actor import Call
from tanos.disk import disk_findings
from tanos.errors import Damaged, NotYet
from tanos.message import N_
from tanos.moments import moment_text
from tanos.store.connection import alone, connect, one_writer

BUSY_SECONDS = 10.0
STORE_FAILED = "store-failed"
Clock = Callable[[], datetime]
_BEGUN = "INSERT INTO begun (audit, kind, place, mark) VALUES (?, ?, ?, ?)"


@dataclass
class Change:
    """An open transaction; `about` (the object), `before` and `after` go into its audit record."""

    connection: sqlite3.Connection
    now: str
    about: str = ""
    before: str = ""
    after: str = ""
    quiet: bool = field(default=False)
    """Set where nothing changed after all: then nothing is recorded."""
    result: str = "done"
    """What its record says of it."""
    begins: tuple[str, str, str] | None = None

    def execute(self, sql: str, *values: object) -> sqlite3.Cursor:
        """Run one statement."""
        return self.connection.execute(sql, values)

    def begin(self, kind: str, place: str, mark: str) -> None:
        """Record this change as `begun`: a step outside the database follows; see `tanos.store.begun`."""
        self.result, self.begins = "begun", (kind, place, mark)

    def end(self, kind: str, mark: str) -> bool:
        """Forget that it had begun; say whether anybody remembered."""
        return self.execute("DELETE FROM begun WHERE kind = ? AND mark = ?", kind, mark).rowcount > 0


class _Own(threading.local):
    """The connection of one thread, and the process that opened it."""

    connection: sqlite3.Connection | None = None
    process = 0


class Store:
    """The database of one appliance; opens itself at first use, in the process and thread that uses it."""

    def __init__(self, path: Path, clock: Clock, patience: float | None = None) -> None:
        self.path = path
        self.clock = clock
        self.patience = BUSY_SECONDS if patience is None else patience
        """Seconds that it waits for another process that holds the database."""
        self._own = _Own()

    def now(self) -> str:
        """Return the time as it is stored: UTC, ISO 8601, seconds."""
        return moment_text(self.clock())

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """Read; each call sees one consistent state. Raises Damaged `store-failed`."""
        with self._reading() as connection:
            return connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: object) -> sqlite3.Row | None:
        """Read one row, or None. Raises Damaged `store-failed`."""
        with self._reading() as connection:
            row: sqlite3.Row | None = connection.execute(sql, values).fetchone()
            return row

    @contextmanager
    def change(self, call: Call, about: str = "") -> Iterator[Change]:
        """Open a transaction that commits with its audit record, or leaves no trace.

        Raises NotYet `busy` where another process holds the database for longer than `patience`.
        """
        connection = self._open()
        with _in_words(self.path), one_writer(connection):
            change = Change(connection, self.now(), about)
            yield change
            if not change.quiet:
                number = record(change, call, change.result)
                if change.begins:
                    change.execute(_BEGUN, number, *change.begins)

    def refused(self, call: Call, about: str, reason: str) -> int:
        """Audit an attempt that changed nothing; `reason` is the id of the refusal. Returns the record's id."""
        connection = self._open()
        with _in_words(self.path), one_writer(connection):
            return record(Change(connection, self.now(), about), call, reason)

    def close(self) -> None:
        """Close the connection of this process and thread."""
        own = self._own
        if own.connection is not None and own.process == os.getpid():
            own.connection.close()
        own.connection = None

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Give a connection to read from, also where the disk takes no more: then for this one reading."""
        with _in_words(self.path):
            try:
                connection = self._open()
            except Damaged as failed:
                if failed.id != STORE_FAILED:
                    raise
                with _alone_or(failed, self.path, self.patience) as lone:
                    yield lone
                return
            yield connection

    def _open(self) -> sqlite3.Connection:
        own = self._own
        if own.connection is None or own.process != os.getpid():
            try:
                with _in_words(self.path):
                    own.connection = connect(self.path, self.patience)
            except OSError as error:
                raise _as_words(error, self.path) from error
            own.process = os.getpid()
        return own.connection


def record(change: Change, call: Call, result: str) -> int:
    """Write the audit record of `change`; return its id."""
    actor = call.actor
    cursor = change.execute(
        "INSERT INTO audit (time, user, role, face, session, address, key, verb, path, object, before, after, result)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        change.now,
        actor.user,
        actor.role.value,
        actor.face,
        actor.session,
        actor.address,
        actor.key,
        call.verb,
        call.path,
        change.about,
        change.before,
        change.after,
        result,
    )
    return cursor.lastrowid or 0


@contextmanager
def _alone_or(failed: Damaged, path: Path, patience: float) -> Iterator[sqlite3.Connection]:
    with ExitStack() as stack:
        try:
            connection = stack.enter_context(alone(path, patience))
        except (OSError, sqlite3.OperationalError):
            raise failed from None
        yield connection


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    """Turn what the database says of itself into an error of ours; a fault of a statement stays what it is."""
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise
    except sqlite3.DatabaseError as error:
        raise _as_words(error, path) from error


def _as_words(error: sqlite3.DatabaseError | OSError, path: Path) -> NotYet | Damaged:
    if "locked" in str(error) or "busy" in str(error):
        return NotYet("busy", N_("Another session is changing this appliance."), N_("Try again in a few seconds."))
    for finding in disk_findings(path.parent):
        return Damaged(STORE_FAILED, finding.message, finding.remedy)
    return Damaged(
        STORE_FAILED,
        N_(
            "The appliance's database cannot be used: {reason}.",
            reason=getattr(error, "strerror", None) or str(error),
        ),
        N_("Check free space and rights of the appliance's disk; nothing was changed."),
    )
