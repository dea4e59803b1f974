"""The store: changes and their audit are one thing, whoever dies and whoever else writes."""

import fcntl
import os
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tanos.appliance import Appliance
from tanos.errors import Damaged, NotYet
from tanos.store import store as store_module
from tanos.store.connection import alone
from tanos.store.store import Store
from tests.conftest import call


def audit(appliance: Appliance) -> list[tuple[str, str, str]]:
    """Return verb, object and result of every record."""
    return [tuple(row) for row in appliance.store.rows("SELECT verb, object, result FROM audit ORDER BY id")]


def set_value(appliance: Appliance, name: str, value: str) -> None:
    """Change one setting, as an operation would."""
    with appliance.store.change(call(appliance, "settings set"), name) as change:
        change.execute(
            "INSERT OR REPLACE INTO policies (name, value, changed_at) VALUES (?, ?, ?)", name, value, "now"
        )


def test_a_change_stands_with_its_audit_record(bare_zone_server: Appliance) -> None:
    set_value(bare_zone_server, "A", "1")
    assert audit(bare_zone_server) == [("settings set", "A", "done")]


def test_a_change_that_fails_leaves_neither_itself_nor_a_record(bare_zone_server: Appliance) -> None:
    store = bare_zone_server.store
    with pytest.raises(RuntimeError), store.change(call(bare_zone_server), "A") as change:
        change.execute("INSERT INTO policies (name, value, changed_at) VALUES ('A', '1', 'now')")
        raise RuntimeError
    assert store.rows("SELECT * FROM policies") == []
    assert audit(bare_zone_server) == []


def test_a_refusal_is_recorded_with_its_id_and_a_reference(bare_zone_server: Appliance) -> None:
    number = bare_zone_server.store.refused(call(bare_zone_server, "x"), "object", "weak-key")
    row = bare_zone_server.store.row("SELECT result, user FROM audit WHERE id = ?", number)
    assert row is not None
    assert tuple(row) == ("weak-key", "tanadmin")


@pytest.mark.parametrize("statement", ["UPDATE audit SET result = 'x'", "DELETE FROM audit"])
def test_the_audit_is_neither_edited_nor_cut(bare_zone_server: Appliance, statement: str) -> None:
    set_value(bare_zone_server, "A", "1")
    with (
        pytest.raises(sqlite3.IntegrityError),
        bare_zone_server.store.change(call(bare_zone_server)) as change,
    ):
        change.execute(statement)


def test_a_writer_that_waits_too_long_is_told_to_try_again(
    bare_zone_server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "BUSY_SECONDS", 0.05)
    other = Store(bare_zone_server.home / "appliance.db", bare_zone_server.clock)
    with bare_zone_server.store.change(call(bare_zone_server), "mine"):
        with pytest.raises(NotYet) as refused, other.change(call(bare_zone_server), "theirs"):
            pass
        assert refused.value.id == "busy"
    other.close()


def test_who_reads_alone_waits_for_the_one_before_only_so_long(bare_zone_server: Appliance) -> None:
    path = bare_zone_server.store.path
    bare_zone_server.store.rows("SELECT 1")
    bare_zone_server.store.close()
    holder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(holder, fcntl.LOCK_EX)
        with pytest.raises(BlockingIOError), alone(path, 0.05):
            pass
        fcntl.flock(holder, fcntl.LOCK_UN)
        with alone(path, 0.05) as connection:
            assert connection.execute("SELECT 1").fetchone()[0] == 1
    finally:
        os.close(holder)


def test_a_newer_database_is_left_alone(bare_zone_server: Appliance) -> None:
    path = bare_zone_server.home / "appliance.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    with pytest.raises(Damaged) as refused:
        bare_zone_server.store.rows("SELECT 1")
    assert refused.value.id == "store-newer"


WRITER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tanos.appliance import Appliance
from tests.conftest import call
appliance = Appliance.open(Path(sys.argv[1]))
for number in range(10_000):
    with appliance.store.change(call(appliance, "w"), sys.argv[2]) as change:
        name = f"{sys.argv[2]}-{number}"
        change.execute("INSERT INTO policies (name, value, changed_at) VALUES (?, '1', 'now')", name)
    print(number, flush=True)
"""


@pytest.mark.crash
def test_two_writers_and_a_kill_leave_whole_changes(bare_zone_server: Appliance, tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(bare_zone_server.home)]
    writers = [subprocess.Popen([*command, name], stdout=subprocess.PIPE) for name in ("a", "b")]
    for writer in writers:
        assert writer.stdout is not None
        for _ in range(20):
            writer.stdout.readline()
    for writer in writers:
        os.kill(writer.pid, signal.SIGKILL)
        writer.communicate()
    store = bare_zone_server.store
    changes = store.rows("SELECT count(*) FROM policies")[0][0]
    assert changes >= 40
    assert store.rows("SELECT count(*) FROM audit")[0][0] == changes
    assert store.rows("PRAGMA integrity_check")[0][0] == "ok"


def test_a_forked_child_opens_its_own_connection(bare_zone_server: Appliance) -> None:
    set_value(bare_zone_server, "A", "1")
    child = os.fork()
    if child == 0:
        code = 1
        try:
            set_value(bare_zone_server, "B", "2")
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    names = {row["name"] for row in bare_zone_server.store.rows("SELECT name FROM policies")}
    assert names == {"A", "B"}


def test_each_thread_has_a_connection_of_its_own(bare_zone_server: Appliance) -> None:
    set_value(bare_zone_server, "A", "1")

    def work() -> int:
        set_value(bare_zone_server, "B", "2")
        found = len(bare_zone_server.store.rows("SELECT * FROM policies"))
        bare_zone_server.store.close()
        return found

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(work).result() == 2
    assert len(bare_zone_server.store.rows("SELECT * FROM policies")) == 2


def test_what_is_no_database_is_damage_in_words(bare_zone_server: Appliance) -> None:
    (bare_zone_server.home / "appliance.db").write_bytes(b"rubbish " * 1000)
    for use in (
        lambda: bare_zone_server.store.rows("SELECT 1"),
        lambda: bare_zone_server.store.refused(call(bare_zone_server), "", "x"),
    ):
        with pytest.raises(Damaged) as refused:
            use()
        assert refused.value.id == "store-failed"


def test_a_directory_that_takes_no_database_is_said_in_words(bare_zone_server: Appliance) -> None:
    store = Store(bare_zone_server.home / "appliance.toml" / "appliance.db", bare_zone_server.clock)
    with pytest.raises(Damaged) as refused:
        store.rows("SELECT 1")
    assert refused.value.id == "store-failed"


def test_a_locked_read_is_told_to_try_again(bare_zone_server: Appliance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "BUSY_SECONDS", 0.05)
    set_value(bare_zone_server, "A", "1")
    bare_zone_server.store.close()
    holder = sqlite3.connect(bare_zone_server.home / "appliance.db", isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(NotYet) as refused:
        bare_zone_server.store.rows("SELECT * FROM policies")
    assert refused.value.id == "busy"
    holder.close()


@pytest.mark.parametrize("column", ["request_hash", "check_code"])
def test_issued_certificates_are_found_by_an_index(bare_zone_server: Appliance, column: str) -> None:
    told = bare_zone_server.store.rows(f"EXPLAIN QUERY PLAN SELECT 1 FROM issued WHERE {column} = 'x'")
    assert "USING INDEX" in told[0]["detail"] or "COVERING INDEX" in told[0]["detail"]


def test_what_begins_is_recorded_and_stays_open_until_it_ends(bare_zone_server: Appliance) -> None:
    store = bare_zone_server.store
    with store.change(call(bare_zone_server, "v"), "thing") as change:
        change.begin("kind", "place", "mark")
    assert audit(bare_zone_server) == [("v", "thing", "begun")]
    with store.change(call(bare_zone_server, "v"), "thing") as change:
        assert change.end("kind", "mark")
        assert not change.end("kind", "mark")
    assert [result for *_, result in audit(bare_zone_server)] == ["begun", "done"]
