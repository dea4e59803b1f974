"""Where an appliance is served, a session that is confined puts old records away, and hands others out."""

import json
import sqlite3
from contextlib import closing

import pytest

from tanos.appliance import Appliance
from tests.menus.handed import served
from tests.menus.test_handed import verb

pytestmark = pytest.mark.door
EDITED = "audit_is_never_edited"


def make_old(appliance: Appliance) -> int:
    """Have everything been done years ago; return how many records there are."""
    with closing(sqlite3.connect(appliance.home / "appliance.db", isolation_level=None)) as connection:
        (trigger,) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (EDITED,)).fetchone()
        connection.execute(f"DROP TRIGGER {EDITED}")
        connection.execute("UPDATE audit SET time = '2020-01-01T00:00:00Z'")
        connection.execute(trigger)
        return int(connection.execute("SELECT count(*) FROM audit").fetchone()[0])


def test_a_confined_session_puts_old_records_away_and_hands_out_the_rest(zone_server: Appliance) -> None:
    count = make_old(zone_server)
    with served(zone_server):
        archived = verb(zone_server, "audit archive --yes --json", "192.0.2.9")
        assert archived.returncode == 0, archived.stdout
        (archive,) = json.loads(archived.stdout)["archives"]
        shown = verb(zone_server, "audit show A-1 --json", "192.0.2.9")
        assert (shown.returncode, json.loads(shown.stdout)["error"]["id"]) == (3, "no-such-record")
        exported = verb(zone_server, "audit export --verb audit --yes --json", "192.0.2.9")
        assert exported.returncode == 0, exported.stdout
    lines = (zone_server.home / "backups" / archive["file"]).read_text().splitlines()
    assert len(lines) >= count - 1, "the newest stays"
    assert json.loads(lines[0])["id"] == archive["first"] == 1
    assert json.loads(lines[-1])["id"] == archive["last"]
    (line,) = (zone_server.outgoing / "audit.jsonl").read_text().splitlines()
    assert json.loads(line)["verb"] == "audit archive"
    assert json.loads(line)["address"] == "192.0.2.9"
