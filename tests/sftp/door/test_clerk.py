"""What the front door writes down is written, late where the disk is late, and never lost in silence."""

import sqlite3
import sys
from contextlib import closing

import pytest

from sftp import clerk
from sftp.clerk import Clerk
from tanos.appliance import Appliance
from tanos.errors import WrongUse
from tanos.known_keys.judging import known_by, listed_at
from tanos.known_keys.lists import DIRECTORY
from tanos.known_keys.marks import NUMBER_BYTES, Marks
from tanos.message import N_
from tanos.store import store
from tanos.store.store import Change
from tests.conftest import call


def _records(appliance: Appliance) -> list[str]:
    return [row["object"] for row in appliance.store.rows("SELECT object FROM audit ORDER BY id")]


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "BUSY_SECONDS", 0.05)
    monkeypatch.setattr(clerk, "RETRY_SECONDS", 0.02)


async def test_records_wait_in_order_for_a_database_that_is_held(
    bare_zone_server: Appliance, capsys: pytest.CaptureFixture[str]
) -> None:
    bare_zone_server.store.rows("SELECT 1")
    one = Clerk(bare_zone_server)
    with closing(sqlite3.connect(bare_zone_server.store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for number in range(3):
            one.note(call(bare_zone_server), str(number))
        with pytest.raises(TimeoutError):
            one._thread.submit(int).result(0.5)
        other.execute("ROLLBACK")
    await one.close()

    assert _records(bare_zone_server) == ["0", "1", "2"]
    assert capsys.readouterr().err == ""


async def test_what_could_not_be_written_before_the_end_is_said(
    bare_zone_server: Appliance, capsys: pytest.CaptureFixture[str]
) -> None:
    bare_zone_server.store.rows("SELECT 1")
    one = Clerk(bare_zone_server)
    with closing(sqlite3.connect(bare_zone_server.store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        one.note(call(bare_zone_server, "sign-in"), "thing")
        await one.close()

    assert "busy" in capsys.readouterr().err
    one.note(call(bare_zone_server, "sign-out"), "after the end")
    assert "sign-out after the end" in capsys.readouterr().err
    assert _records(bare_zone_server) == []


async def test_a_record_that_cannot_be_written_takes_no_other_with_it(
    bare_zone_server: Appliance, capsys: pytest.CaptureFixture[str]
) -> None:
    one = Clerk(bare_zone_server)
    for about in ("a", "\udcff", "b"):
        one.note(call(bare_zone_server), about)
    await one.close()

    assert _records(bare_zone_server) == ["a", "b"]
    assert capsys.readouterr().err.count("\n") == 1


async def test_what_goes_with_a_record_stands_in_its_transaction_or_is_left_out(bare_zone_server: Appliance) -> None:
    def also(change: Change, _: Appliance) -> None:
        change.execute("INSERT INTO policies (name, value, changed_at) VALUES ('X', '1', ?)", change.now)

    def refused(change: Change, appliance: Appliance) -> None:
        change.execute("UPDATE policies SET value = '2'")
        raise WrongUse("no", N_("No."), N_("Not."))

    one = Clerk(bare_zone_server)
    one.note(call(bare_zone_server), "a", also=also)
    one.note(call(bare_zone_server), "b", also=refused)
    one.note(call(bare_zone_server), "c")
    await one.close()

    assert _records(bare_zone_server) == ["a", "b", "c"]
    assert bare_zone_server.store.rows("SELECT value FROM policies")[0][0] == 1


async def test_by_which_lists_keys_are_judged_holds_in_the_clerks_thread(bare_zone_server: Appliance) -> None:
    mark = b"x" * NUMBER_BYTES
    lists = bare_zone_server.home / DIRECTORY
    lists.mkdir(exist_ok=True)
    (lists / "mine.badkeys").write_bytes(mark + b"\1")
    one = Clerk(bare_zone_server)
    with listed_at(bare_zone_server.home):
        assert await one.ask(lambda _: known_by(Marks(mark))) == "mine"
    await one.close()
    assert not known_by(Marks(mark))


async def test_records_that_wait_have_an_end(
    bare_zone_server: Appliance, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(clerk, "MOST_NOTES", 2)
    bare_zone_server.store.rows("SELECT 1")
    one = Clerk(bare_zone_server)
    with closing(sqlite3.connect(bare_zone_server.store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for number in range(3):
            one.note(call(bare_zone_server), str(number))
        other.execute("ROLLBACK")
    await one.close()

    assert _records(bare_zone_server) == ["0", "1"]
    assert "too many wait" in capsys.readouterr().err


def test_who_carries_bytes_does_not_wait_long_for_a_clerk_that_computes(bare_zone_server: Appliance) -> None:
    before = sys.getswitchinterval()
    try:
        sys.setswitchinterval(0.005)  # the interpreter's own
        Clerk(bare_zone_server)
        assert sys.getswitchinterval() < 0.001
    finally:
        sys.setswitchinterval(before)
