"""A database that any earlier version left is opened by this one, with everything that stood in it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tanos.store.connection import connect
from tanos.store.schema import MIGRATIONS
from tests.data.schemas.make import HASHES, dump_of, hash_of

VERSIONS = [version for version in range(1, len(MIGRATIONS) + 1) if dump_of(version).exists()]
MOVED = {"settings": "component_settings"}
"""Tables that are gone, and where their rows went."""


def opened(path: Path) -> sqlite3.Connection:
    """Open a database as this version does, which brings it up to date."""
    return connect(path, 1.0)


def tables(connection: sqlite3.Connection) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of every table."""
    names = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return {name: [dict(row) for row in connection.execute(f"SELECT * FROM {name}")] for (name,) in names.fetchall()}


def schema(connection: sqlite3.Connection) -> set[tuple[str, ...]]:
    """Return everything that the schema has: objects and the columns of tables."""
    objects = {tuple(row) for row in connection.execute("SELECT type, name, tbl_name FROM sqlite_schema")}
    columns = {
        (table, *(str(value) for value in tuple(row)[1:]))
        for table in tables(connection)
        for row in connection.execute(f"PRAGMA table_info({table})")
    }
    return objects | columns


@pytest.fixture
def fresh(tmp_path: Path) -> set[tuple[str, ...]]:
    """The schema of a database that this version made."""
    with closing(opened(tmp_path / "fresh.db")) as connection:
        return schema(connection)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_database_of_an_earlier_version_keeps_every_row(
    tmp_path: Path, version: int, fresh: set[tuple[str, ...]]
) -> None:
    path = tmp_path / "appliance.db"
    with closing(sqlite3.connect(path)) as old:
        old.executescript(dump_of(version).read_text())
        old.row_factory = sqlite3.Row
        before = tables(old)
    with closing(opened(path)) as connection:
        after = tables(connection)
        assert schema(connection) == fresh
        assert connection.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS)
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert all(before.values())
    policies = {row["name"] for row in after.get("policies", ())}
    for table, rows in before.items():
        there = after[table if table in after else MOVED[table]]
        for row in rows:
            if row.get("name") == "PostQuantumOnly" and "post-quantum-only" in policies:
                continue
            assert any(row.items() <= other.items() for other in there), (table, row)


def test_no_script_that_was_released_is_edited() -> None:
    """The newest may still change; once another follows it, `python -m tests.data.schemas.make` pins it."""
    pinned = HASHES.read_text().split()
    assert pinned == [hash_of(script) for script in MIGRATIONS[: len(pinned)]]
    assert len(MIGRATIONS) - 1 <= len(pinned) <= len(MIGRATIONS)
    assert list(range(1, len(pinned) + 1)) == VERSIONS
