"""Add a filled database, as SQL text, for each version of the schema that has none, and the hash of its script."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from tanos.store.connection import statements
from tanos.store.schema import MIGRATIONS

HERE = Path(__file__).parent
HASHES = HERE / "hashes.txt"
NOON = "2026-11-22T12:00:00Z"
PUBLIC_KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIIFk+oljMzVNYrA2l2PAHmiuiJMdGNPJKiVX1i8fB9I8"
SAID = {
    "side": "requester",
    "state": "sent",
    "kind": "key",
    "way": "put",
    "console_user": "console_users name",
    "role": "tanadmin",
    "exchange": 1,
    "audit": 1,
    "only_one": 1,
    "names": '["zs1.lab.test"]',
    "before": "{}",
    "after": "{}",
    "blob": PUBLIC_KEY,
    "line": f"ssh-ed25519 {PUBLIC_KEY}",
}
"""What stands in a column of that name, where not any text does."""
SETTINGS = (("PostQuantumOnly", "1"), ("ReportingTLSMode", "1"))


def dump_of(version: int) -> Path:
    """Return where the filled database of a version lies."""
    return HERE / f"{version:02}.sql"


def hash_of(script: str) -> str:
    """Return what a script is pinned by."""
    return hashlib.sha256(script.encode()).hexdigest()


def make(version: int) -> str:
    """Return the text of a filled database of that version."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for script in MIGRATIONS[:version]:
            for statement in statements(script):
                connection.execute(statement)
        connection.execute("PRAGMA foreign_keys = ON")
        for table in _tables(connection):
            _fill(connection, table)
        return "\n".join((*connection.iterdump(), f"PRAGMA user_version = {version};", ""))


def _tables(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield the tables in the order in which they were made, so that what others refer to comes first."""
    rows = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid").fetchall()
    return (name for (name,) in rows if not name.startswith("sqlite_"))


def _fill(connection: sqlite3.Connection, table: str) -> None:
    columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
    row = {name: _value(table, name, kind) for _, name, kind, *_ in columns}
    rows = [row]
    if table == "settings":
        rows = [row | {"name": name, "value": value} for name, value in SETTINGS]
    elif table == "audit":
        rows = [row, row | {"id": 2}]
    for each in rows:
        marks = ", ".join("?" * len(each))
        connection.execute(f"INSERT INTO {table} ({', '.join(each)}) VALUES ({marks})", tuple(each.values()))


def _value(table: str, column: str, kind: str) -> object:
    if (column == "name" and table in {"users", "peers"}) or column in {"user", "peer"}:
        return "zs1"
    if column in SAID:
        return SAID[column]
    if column.endswith("_at") or column in {"at", "time", "since", "until", "deadline", "kept"}:
        return NOON
    return {"INTEGER": 1, "BLOB": b"twenty bytes of it.."}.get(kind, f"{table} {column}")


def main() -> None:
    """Add what is missing."""
    pinned = HASHES.read_text().split() if HASHES.exists() else []
    for version, script in enumerate(MIGRATIONS, start=1):
        if not dump_of(version).exists():
            dump_of(version).write_text(make(version))
        if version > len(pinned):
            pinned.append(hash_of(script))
    HASHES.write_text("\n".join((*pinned, "")))


if __name__ == "__main__":
    main()
