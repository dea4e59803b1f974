"""Connections to the database: one that is shared and may write, and one for a disk that takes nothing more.

Invariant: what is read is the last committed state, whatever the disk allows. SQLite's log of changes wants a file of
shared memory beside it, which cannot be made on a full or read-only disk; whoever has the database alone needs none.
"""

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from tanos.errors import Damaged
from tanos.files import PRIVATE
from tanos.message import N_
from tanos.store.schema import MIGRATIONS

ALONE_SECONDS = 1.0
"""How long a reader without shared memory waits for those that have it: then it can have it too."""
_TURN_SECONDS = 0.01


def connect(path: Path, patience: float) -> sqlite3.Connection:
    """Open the database, making it where it is missing; waits `patience` seconds for who holds it.

    Raises OSError, sqlite3.Error and Damaged `store-newer`.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE))
    connection = sqlite3.connect(path, timeout=patience, isolation_level=None)
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        _migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def alone(path: Path, patience: float) -> Iterator[sqlite3.Connection]:
    """Open the database for one reading without shared memory, one process at a time; waits `patience` seconds for
    the one before.

    Raises OSError, sqlite3.Error and Damaged `store-newer`.
    """
    wait = min(ALONE_SECONDS, patience)
    with (
        _one_at_a_time(path.parent, patience),
        closing(sqlite3.connect(_uri(path), uri=True, timeout=wait, isolation_level=None)) as connection,
    ):
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA query_only = ON")
        _check_known(connection)
        yield connection


def _uri(path: Path) -> str:
    """Return how to open it: where nobody can write there are no locks to take, and a log is read if there is one."""
    uri = path.absolute().as_uri()
    if os.access(path, os.W_OK):
        return f"{uri}?mode=rw"
    log = path.with_name(path.name + "-wal")
    if log.exists() and log.stat().st_size:
        return f"{uri}?mode=ro&vfs=unix-none"
    return f"{uri}?immutable=1"


@contextmanager
def _one_at_a_time(directory: Path, patience: float) -> Iterator[None]:
    """Two that want the database alone would each keep it from the other. Raises BlockingIOError."""
    lock = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _lock(lock, time.monotonic() + patience)
        yield
    finally:
        os.close(lock)


def _lock(descriptor: int, until: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= until:
                raise
        time.sleep(_TURN_SECONDS)


def _check_known(connection: sqlite3.Connection) -> int:
    """Return how many migrations were done. Raises Damaged `store-newer`."""
    done: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if done > len(MIGRATIONS):
        raise Damaged(
            "store-newer",
            N_("The appliance's database was written by a newer version of this program."),
            N_("Install that version again; nothing was changed."),
        )
    return done


def _migrate(connection: sqlite3.Connection) -> None:
    if _check_known(connection) == len(MIGRATIONS):
        return
    with one_writer(connection):
        done = connection.execute("PRAGMA user_version").fetchone()[0]
        for number, script in enumerate(MIGRATIONS[done:], start=done + 1):
            for statement in statements(script):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")


@contextmanager
def one_writer(connection: sqlite3.Connection) -> Iterator[None]:
    """Run the block as one transaction that holds the write lock from its beginning. Raises sqlite3.Error."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def statements(script: str) -> Iterator[str]:
    """Yield the statements of a script, one by one."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
